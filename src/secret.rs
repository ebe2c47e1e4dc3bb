//! Sealing of credentials with AES-256-GCM.
