"""What must outlive a process, kept in SQLite or PostgreSQL: programs, deployments, the log, profiles, the outbox."""
