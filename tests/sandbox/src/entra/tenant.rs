//! The `{tenant}` of an address: one directory, or any.

use super::refusal::Refusal;
use crate::world::{Person, World};

/// Whose accounts an endpoint serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Tenant {
    /// `common` or `organizations`.
    Any,
    One(String),
}

impl Tenant {
    /// Takes a tenant id or a domain name such as `acme.example`.
    pub fn parse(world: &World, text: &str) -> Result<Self, Refusal> {
        if matches!(text, "common" | "organizations") {
            return Ok(Self::Any);
        }
        world
            .find(|it| it.tid == text || format!("{}.example", it.site) == text)
            .map(|it| Self::One(it.tid))
            .ok_or_else(|| {
                Refusal::new(
                    90_002,
                    format!("Tenant '{text}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud."),
                )
            })
    }

    pub fn admits(&self, person: &Person) -> bool {
        match self {
            Self::Any => true,
            Self::One(tid) => *tid == person.tid,
        }
    }

    /// How discovery names the issuer's tenant.
    pub fn in_issuer(&self) -> &str {
        match self {
            Self::Any => "{tenantid}",
            Self::One(tid) => tid,
        }
    }
}
