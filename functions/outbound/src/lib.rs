//! Sends messages by the right channel, once.
