//! The WhatsApp channel: webhooks in, messages out.
