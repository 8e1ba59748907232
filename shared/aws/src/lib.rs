//! Every edge, once: webhooks in, queues, the table, secrets, HTTP out, logs.
