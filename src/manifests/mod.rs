//! The manifests that introduce this gateway to Jira, Outlook and Teams, written for its public address.
//!
//! What is written depends on the configuration and nothing else, so a second run gives the same bytes and the same
//! ids: an administrator uploads a package anew and it is an update, not a second app.

pub mod connect;
mod forge;
pub mod icons;
mod outlook;
mod place;
mod teams;

use std::path::{Path, PathBuf};
use std::{fs, io};

use serde_json::Value;

pub use self::place::{App, Place};
use crate::config::Settings;

/// The version that the packages say they have. Hosts take a changed package only with a higher one.
const VERSION: &str = "1.0.0";
/// What we are called. Every file we write has it in readable form, by which we know our own.
const NAME: &str = "Trefoil";
/// The page about us below `/addins/`, which the manifests name for support, privacy and terms.
const ABOUT: &str = "about";

/// Why no manifest is written.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// The public address is not one that a vendor's host loads.
    #[error(
        "`server.public_url`: {0} is not https, and no host loads a page from it; set the address that browsers reach"
    )]
    NotHttps(url::Url),
    /// The Entra application is not named by its id.
    #[error(
        "`microsoft.client_id`: {0:?} is not a GUID; it is the \"Application (client) ID\" on the app registration's page"
    )]
    ClientId(String),
    /// Nothing is configured that a manifest could be written for.
    #[error(
        "there is nothing to write: set `jira.connect.app_key` or `jira.forge.app_id` for Jira, `microsoft.client_id` \
         for Outlook and Teams"
    )]
    Nothing,
    /// There is such a file that is not ours.
    #[error("{} was not written by trefoil; move it away or name another folder", .0.display())]
    Foreign(PathBuf),
    /// A file or folder cannot be read or written.
    #[error("{} cannot be written", .0.display())]
    File(PathBuf, #[source] io::Error),
    /// A package cannot be put together.
    #[error("the package cannot be put together")]
    Package(#[from] zip::result::ZipError),
}

/// A file to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its name within the folder.
    pub name: &'static str,
    /// What is in it.
    pub content: Vec<u8>,
}

/// The manifests of a configuration.
#[derive(Debug)]
pub struct Manifests {
    /// What is written.
    pub files: Vec<File>,
    /// What is not, because it is not configured: one sentence each.
    pub absent: Vec<&'static str>,
}

impl Manifests {
    /// Everything that these settings allow.
    pub fn of(settings: &Settings) -> Result<Self, Refused> {
        let place = Place::of(settings)?;
        let mut files = Vec::new();
        let mut absent = Vec::new();
        match connect::descriptor(settings) {
            Some(descriptor) => files.push(json("atlassian-connect.json", &descriptor)),
            None => absent.push(
                "no atlassian-connect.json, because `jira.connect.app_key` is not configured",
            ),
        }
        match &settings.jira.forge {
            Some(forge) => files.push(text("manifest.yml", forge::manifest(&place, &forge.app_id))),
            None => absent
                .push("no manifest.yml (Forge), because `jira.forge.app_id` is not configured"),
        }
        match App::of(settings)? {
            Some(app) => {
                let unified = outlook::unified(&place, &app);
                let tabs = teams::manifest(&place, &app);
                files.push(text(
                    "outlook-manifest.xml",
                    outlook::add_in_only(&place, &app, settings),
                ));
                files.push(json("outlook-manifest.json", &unified));
                files.push(package("outlook.zip", &unified, &outlook::german())?);
                files.push(json("teams-manifest.json", &tabs));
                files.push(package("teams.zip", &tabs, &teams::german())?);
            }
            None => absent.push(
                "nothing for Outlook and Teams, because `microsoft.client_id` is not configured",
            ),
        }
        if files.is_empty() {
            return Err(Refused::Nothing);
        }
        Ok(Self { files, absent })
    }

    /// Writes the files into a folder, which is made when it is not there, and answers where they are. A file that
    /// somebody else wrote is not touched, and then nothing is written.
    pub fn write(&self, folder: &Path) -> Result<Vec<PathBuf>, Refused> {
        let paths: Vec<PathBuf> = (self.files.iter().map(|file| folder.join(file.name))).collect();
        for path in &paths {
            match fs::read(path) {
                Ok(there) if is_ours(&there) => {}
                Ok(_) => return Err(Refused::Foreign(path.clone())),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(Refused::File(path.clone(), error)),
            }
        }
        fs::create_dir_all(folder).map_err(|error| Refused::File(folder.to_owned(), error))?;
        for (file, path) in self.files.iter().zip(&paths) {
            fs::write(path, &file.content).map_err(|error| Refused::File(path.clone(), error))?;
        }
        Ok(paths)
    }
}

/// Whether it has our name in it, as every file we write has.
fn is_ours(content: &[u8]) -> bool {
    (content.windows(NAME.len())).any(|part| part == NAME.as_bytes())
}

fn text(name: &'static str, content: String) -> File {
    File {
        name,
        content: content.into_bytes(),
    }
}

fn json(name: &'static str, value: &Value) -> File {
    text(name, format!("{value:#}\n"))
}

/// A package as Teams and the Microsoft 365 admin centre take it.
fn package(name: &'static str, manifest: &Value, german: &Value) -> Result<File, Refused> {
    let content = icons::package(&[
        ("manifest.json", format!("{manifest:#}\n").as_bytes()),
        ("color.png", icons::COLOR),
        ("outline.png", icons::OUTLINE),
        ("de.json", format!("{german:#}\n").as_bytes()),
    ])?;
    Ok(File { name, content })
}
