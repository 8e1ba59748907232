//! Fits and measures the threading model on streams.
