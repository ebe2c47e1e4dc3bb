//! What all vendors share: people and their tenants, canaries, the requests seen and the faults injected.

use std::{
    collections::BTreeSet,
    fmt::Write,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard},
};

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::{
    Addresses,
    courier::{self, Courier},
    entra,
    exchange::Exchanges,
    fault::{Fault, Faults},
    graph, jira,
    recorder::{self, Recorder, Seen},
    subscriptions::Journal,
    zoom,
};

/// The tenants: each is one Jira Cloud site, one Entra tenant and one Zoom account.
pub const SITES: [&str; 3] = ["acme", "globex", "initech"];

const PEOPLE: [(&str, &str, &str); 12] = [
    ("alice", "Alice Meyer", "acme"),
    ("bob", "Bob Tanaka", "acme"),
    ("carol", "Carol Diaz", "acme"),
    ("dan", "Dan Novak", "acme"),
    ("erin", "Erin Walsh", "acme"),
    ("frank", "Frank Osei", "globex"),
    ("grace", "Grace Lindqvist", "globex"),
    ("heidi", "Heidi Baumann", "globex"),
    ("ivan", "Ivan Petrov", "initech"),
    ("judy", "Judy Chen", "initech"),
    ("ken", "Ken Adeyemi", "initech"),
    ("lena", "Lena Rossi", "initech"),
];

/// Colleagues without a part in the story, for tests that need many people at once.
const CROWD: [(&str, &str, &str); 28] = [
    ("amir", "Amir Schäfer", "acme"),
    ("berta", "Berta Okafor", "globex"),
    ("chiara", "Chiara Lund", "initech"),
    ("deniz", "Deniz Marino", "acme"),
    ("eva", "Eva Novotná", "globex"),
    ("farid", "Farid Ibrahim", "initech"),
    ("greta", "Greta Weiß", "acme"),
    ("hugo", "Hugo Santos", "globex"),
    ("ines", "Ines Kowalski", "initech"),
    ("jonas", "Jonas Dubois", "acme"),
    ("kira", "Kira Nakamura", "globex"),
    ("levin", "Levin Öztürk", "initech"),
    ("mina", "Mina Virtanen", "acme"),
    ("nils", "Nils Moreau", "globex"),
    ("olga", "Olga Schäfer", "initech"),
    ("pavel", "Pavel Okafor", "acme"),
    ("quinn", "Quinn Lund", "globex"),
    ("rosa", "Rosa Marino", "initech"),
    ("samir", "Samir Novotná", "acme"),
    ("tilda", "Tilda Ibrahim", "globex"),
    ("umut", "Umut Weiß", "initech"),
    ("vera", "Vera Santos", "acme"),
    ("wanda", "Wanda Kowalski", "globex"),
    ("xenia", "Xenia Dubois", "initech"),
    ("yusuf", "Yusuf Nakamura", "acme"),
    ("zoe", "Zoe Öztürk", "globex"),
    ("anton", "Anton Virtanen", "initech"),
    ("britta", "Britta Moreau", "acme"),
];

/// Somebody who works at one of the tenants, under the name each vendor knows them by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Person {
    /// The short name tests use.
    pub handle: &'static str,
    /// The display name.
    pub name: &'static str,
    /// The mail address, and Entra's user principal name.
    pub email: String,
    /// The tenant, whose Jira site is this person's first.
    pub site: &'static str,
    /// Every Jira site this person belongs to under the one account id, the tenant's own first.
    pub sites: Vec<&'static str>,
    /// Jira's account id.
    pub account_id: String,
    /// Entra's tenant id.
    pub tid: String,
    /// Entra's object id.
    pub oid: String,
    /// Zoom's user id.
    pub zoom_user_id: String,
    /// Zoom's account id.
    pub zoom_account_id: String,
    /// Whether this person administers the Jira site.
    pub site_admin: bool,
}

impl Person {
    /// Whether this person belongs to a Jira site.
    pub fn is_on(&self, site: &str) -> bool {
        self.sites.contains(&site)
    }
}

/// Everything the sandbox knows. Vendors keep their own state in a `State` of their module behind a lock here.
pub struct World {
    addresses: Addresses,
    node_modules: Option<PathBuf>,
    people: Vec<Person>,
    canaries: Mutex<BTreeSet<String>>,
    recorder: Recorder,
    faults: Faults,
    exchanges: Exchanges,
    /// Whose add-ins the hosts' pages show.
    gateway: Mutex<Option<String>>,
    client: reqwest::Client,
    courier: Arc<Courier>,
    journal: Journal,
    clock_ahead: Mutex<f64>,
    jira: Mutex<jira::State>,
    entra: Mutex<entra::State>,
    graph: Mutex<graph::State>,
    zoom: Mutex<zoom::State>,
}

impl World {
    /// A seeded world whose vendors answer at these addresses; a crowd makes the dozen people forty.
    pub fn new(addresses: Addresses, node_modules: Option<PathBuf>, crowd: bool) -> Arc<Self> {
        let crowd = if crowd { CROWD.as_slice() } else { &[] };
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_gzip()
            .build()
            .expect("a client without settings of its own can be made");
        let world = Self {
            addresses,
            node_modules,
            people: PEOPLE.iter().chain(crowd).map(person).collect(),
            canaries: Mutex::default(),
            recorder: Recorder::default(),
            faults: Faults::default(),
            exchanges: Exchanges::default(),
            gateway: Mutex::default(),
            courier: Arc::new(Courier::new(client.clone())),
            client,
            journal: Journal::default(),
            clock_ahead: Mutex::default(),
            jira: Mutex::default(),
            entra: Mutex::default(),
            graph: Mutex::default(),
            zoom: Mutex::default(),
        };
        world.seed();
        Arc::new(world)
    }

    /// Where each vendor listens.
    pub fn addresses(&self) -> &Addresses {
        &self.addresses
    }

    /// The folder Atlassian's host library is served from.
    pub fn node_modules(&self) -> Option<&Path> {
        self.node_modules.as_deref()
    }

    /// Everybody.
    pub fn people(&self) -> &[Person] {
        &self.people
    }

    /// The person of this short name.
    ///
    /// # Panics
    /// When there is none: names are part of the story, so a wrong one is a mistake in the test.
    pub fn person(&self, handle: &str) -> Person {
        self.find(|person| person.handle == handle)
            .unwrap_or_else(|| panic!("nobody is called {handle}"))
    }

    /// The first person who fits.
    pub fn find(&self, fits: impl Fn(&Person) -> bool) -> Option<Person> {
        self.people.iter().find(|person| fits(person)).cloned()
    }

    /// Makes and registers the 32-character token of a label, to be planted in a text. The same label always
    /// gives the same token, so a text can be found again.
    pub fn canary(&self, label: &str) -> String {
        let canary = format!("cnry{}", base32(&digest("canary", label), 28));
        lock(&self.canaries).insert(canary.clone());
        canary
    }

    /// Every canary planted so far.
    pub fn canaries(&self) -> Vec<String> {
        lock(&self.canaries).iter().cloned().collect()
    }

    /// Every request seen since the start or the last clearing, oldest first.
    pub fn requests(&self) -> Vec<Seen> {
        self.recorder.requests()
    }

    /// Forgets the requests seen.
    pub fn clear_requests(&self) {
        self.recorder.clear();
    }

    /// Makes later requests go wrong.
    pub fn inject(&self, fault: Fault) {
        self.faults.inject(fault);
    }

    /// Ends all faults.
    pub fn clear_faults(&self) {
        self.faults.clear();
    }

    /// Whole exchanges, when they are kept.
    pub fn exchanges(&self) -> &Exchanges {
        &self.exchanges
    }

    /// Brings content, faults and the record of requests back to the beginning. Installations, sign-ins and
    /// tokens stay, so that a gateway already connected goes on working.
    pub fn reset(&self) {
        self.clear_faults();
        self.clear_requests();
        self.courier.clear();
        self.journal.clear();
        self.set_clock_ahead(0.0);
        self.courier.turn(courier::Knobs::default());
        self.seed();
    }

    /// Seconds since 1970 by the sandbox's clock, which the lives of subscriptions go by.
    pub fn now(&self) -> f64 {
        recorder::now() + *lock(&self.clock_ahead)
    }

    /// Sets how far the sandbox's clock runs ahead of the real one, in seconds.
    pub fn set_clock_ahead(&self, seconds: f64) {
        *lock(&self.clock_ahead) = seconds;
    }

    /// What became of subscriptions.
    pub fn journal(&self) -> &Journal {
        &self.journal
    }

    /// What the vendors send by themselves, and how that went.
    pub fn courier(&self) -> &Arc<Courier> {
        &self.courier
    }

    pub(crate) fn set_gateway(&self, url: &str) {
        *lock(&self.gateway) = Some(url.trim_end_matches('/').to_owned());
    }

    pub(crate) fn gateway(&self) -> Option<String> {
        lock(&self.gateway).clone()
    }

    pub(crate) fn client(&self) -> &reqwest::Client {
        &self.client
    }

    pub(crate) fn recorder(&self) -> &Recorder {
        &self.recorder
    }

    pub(crate) fn faults(&self) -> &Faults {
        &self.faults
    }

    pub(crate) fn jira(&self) -> MutexGuard<'_, jira::State> {
        lock(&self.jira)
    }

    pub(crate) fn entra(&self) -> MutexGuard<'_, entra::State> {
        lock(&self.entra)
    }

    pub(crate) fn graph(&self) -> MutexGuard<'_, graph::State> {
        lock(&self.graph)
    }

    pub(crate) fn zoom(&self) -> MutexGuard<'_, zoom::State> {
        lock(&self.zoom)
    }

    fn seed(&self) {
        jira::seed(self);
        entra::seed(self);
        graph::seed(self);
        zoom::seed(self);
    }
}

/// 32 bytes that depend on a kind and a label only: the source of every id that must look random and stay the same.
pub fn digest(kind: &str, label: &str) -> [u8; 32] {
    Sha256::digest(format!("{kind}\n{label}")).into()
}

/// Bytes in lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, byte| {
        write!(out, "{byte:02x}").expect("a string takes everything");
        out
    })
}

/// A GUID that depends on a kind and a label only.
pub fn guid(kind: &str, label: &str) -> String {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest(kind, label)[..16]);
    uuid::Builder::from_random_bytes(bytes)
        .into_uuid()
        .to_string()
}

/// Locks even when another test thread panicked while it held the lock.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn person(&(handle, name, site): &(&'static str, &'static str, &'static str)) -> Person {
    Person {
        handle,
        name,
        email: format!("{handle}@{site}.example"),
        site,
        sites: std::iter::once(site).chain(guest_on(handle)).collect(),
        account_id: format!("712020:{}", guid("jira account", handle)),
        tid: guid("entra tenant", site),
        oid: guid("entra object", handle),
        zoom_user_id: base62(&digest("zoom user", handle), 22),
        zoom_account_id: base62(&digest("zoom account", site), 22),
        site_admin: matches!(handle, "alice" | "frank" | "ivan"),
    }
}

/// The site somebody is invited to beside their own: dan and erin of acme help globex move.
fn guest_on(handle: &str) -> Option<&'static str> {
    matches!(handle, "dan" | "erin").then_some("globex")
}

fn base32(bytes: &[u8], length: usize) -> String {
    spell(b"abcdefghijklmnopqrstuvwxyz234567", bytes, length)
}

fn base62(bytes: &[u8], length: usize) -> String {
    spell(
        b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
        bytes,
        length,
    )
}

fn spell(alphabet: &[u8], bytes: &[u8], length: usize) -> String {
    bytes
        .iter()
        .take(length)
        .map(|byte| char::from(alphabet[usize::from(*byte) % alphabet.len()]))
        .collect()
}
