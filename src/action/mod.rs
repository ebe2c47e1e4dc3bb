//! Writes: each one idempotent, audited, and bound to a tenant.

pub mod link;
