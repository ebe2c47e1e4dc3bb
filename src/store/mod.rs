//! The store: ids, links between ids, sealed credentials, settings and the audit log, on SQLite or PostgreSQL.
