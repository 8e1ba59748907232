//! Files each event under its contact's thread.
