"""The outbox → the world: each message once, in the order of each person, through files, webhooks and Kafka."""
