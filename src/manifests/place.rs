//! What the manifests are written for: the public address, and the application that people sign in to.

use aws_lc_rs::digest;
use url::Url;
use uuid::{Builder, Uuid};

use super::Refused;
use crate::config::Settings;

/// The public address, in the forms that manifests want.
#[derive(Debug, Clone)]
pub struct Place {
    /// `https://trefoil.example.com`, without a slash at its end.
    pub origin: String,
    /// `trefoil.example.com`, with its port where it is not the usual one.
    pub host: String,
}

impl Place {
    /// The public address of these settings.
    pub fn of(settings: &Settings) -> Result<Self, Refused> {
        let public = &settings.server.public_url;
        if public.scheme() != "https" {
            return Err(Refused::NotHttps(public.clone()));
        }
        Ok(Self {
            origin: public.origin().ascii_serialization(),
            host: authority(public),
        })
    }

    /// The address of an add-in's page, or of anything else below `/addins/`.
    pub fn addin(&self, path: &str) -> String {
        format!("{}/addins/{path}", self.origin)
    }
}

/// The Entra application, which stands behind Outlook and Teams alike.
#[derive(Debug, Clone, Copy)]
pub struct App {
    /// The id of its registration.
    pub client_id: Uuid,
}

impl App {
    /// The application of these settings; none where Microsoft is not configured.
    pub fn of(settings: &Settings) -> Result<Option<Self>, Refused> {
        let Some(microsoft) = &settings.microsoft else {
            return Ok(None);
        };
        let id = &microsoft.client_id;
        match Uuid::try_parse(id) {
            Ok(client_id) => Ok(Some(Self { client_id })),
            Err(_) => Err(Refused::ClientId(id.clone())),
        }
    }

    /// The id of our Teams app, which deep links into its tabs name.
    pub fn teams(self) -> Uuid {
        self.named("teams")
    }

    /// The id of the add-in by its XML manifest.
    pub(super) fn outlook(self) -> Uuid {
        self.named("outlook")
    }

    /// The id of the add-in by its unified manifest; Microsoft asks that it is another.
    pub(super) fn outlook_unified(self) -> Uuid {
        self.named("outlook-unified")
    }

    /// Our interface's name in Entra, its "Application ID URI".
    pub(super) fn resource(self, place: &Place) -> String {
        format!("api://{}/{}", place.host, self.client_id)
    }

    /// An id that is always the same for one registration and one purpose.
    fn named(self, purpose: &str) -> Uuid {
        // RFC 9562, version 5, which is defined by SHA-1.
        let mut name = digest::Context::new(&digest::SHA1_FOR_LEGACY_USE_ONLY);
        name.update(self.client_id.as_bytes());
        name.update(purpose.as_bytes());
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&name.finish().as_ref()[..16]);
        Builder::from_sha1_bytes(bytes).into_uuid()
    }
}

fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}
