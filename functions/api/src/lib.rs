//! The HTTP API that contact-center tools call.
