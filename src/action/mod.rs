//! Writes: each one idempotent, audited, and bound to a tenant.

pub mod acting;
pub mod attach;
pub mod comment;
pub mod feature;
pub mod from_mail;
pub mod issue;
pub mod link;
pub mod mail;
pub mod meeting;
pub mod once;
pub mod plain;
pub mod refusal;
pub mod transfer;
