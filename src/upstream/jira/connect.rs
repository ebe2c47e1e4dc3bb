//! Connect: tokens for user impersonation.
