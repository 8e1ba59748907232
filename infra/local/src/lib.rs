//! The local cloud: deploys the real template, models the platforms, demo, dev, replay.
