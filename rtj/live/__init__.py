"""Events as they happen → committed state and an outbox, for as long as it takes."""
