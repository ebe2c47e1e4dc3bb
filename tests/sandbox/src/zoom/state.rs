//! What the Zoom fake remembers between requests.

use std::collections::HashMap;

use time::OffsetDateTime;

use super::knobs::Knobs;
use super::model::{Content, File, Instance, Meeting, Recording};
use super::operation::Label;
use super::path::MeetingRef;
use super::tokens::{Bearer, Issued, Tokens, random};
use super::webhook::Endpoint;

/// Seconds a `next_page_token` lives.
const PAGE_TOKEN_SECONDS: i64 = 900;

/// Everything of Zoom. Tokens survive a reset of the world; content and knobs do not.
#[derive(Default)]
pub struct State {
    pub knobs: Knobs,
    pub(super) tokens: Tokens,
    pub(super) endpoint: Endpoint,
    pub(super) meetings: Vec<Meeting>,
    pub(super) instances: Vec<Instance>,
    pub(super) download_tokens: HashMap<String, DownloadToken>,
    pub(super) signing_key: Vec<u8>,
    pages: HashMap<String, Page>,
    calls: HashMap<(String, Label), (i64, u32)>,
    writes: HashMap<String, (i64, u32)>,
}

/// A token that opens the files of one instance.
pub(super) struct DownloadToken {
    pub uuid: String,
    pub person: String,
    pub expires_at: i64,
}

struct Page {
    person: String,
    query: String,
    offset: usize,
    expires_at: i64,
}

impl State {
    /// The fake's clock.
    pub fn now(&self) -> OffsetDateTime {
        OffsetDateTime::now_utc() + time::Duration::seconds(self.knobs.clock_ahead_seconds)
    }

    /// The fake's clock in Unix seconds.
    pub fn unix(&self) -> i64 {
        self.now().unix_timestamp()
    }

    /// A token pair for a person without walking the consent page, with the scopes consent would grant.
    pub fn grant(&mut self, person: &str) -> Issued {
        let (now, seconds) = (self.unix(), self.knobs.access_token_seconds);
        self.tokens
            .grant(person, self.knobs.granted_scopes.clone(), now, seconds)
    }

    /// Ends everything a person allowed, as removing the app in Zoom does.
    pub fn remove_app(&mut self, person: &str) {
        self.tokens.end(person);
    }

    /// Forgets page tokens and what was counted, as at the beginning.
    pub(super) fn forget_counts(&mut self) {
        self.pages.clear();
        self.calls.clear();
        self.writes.clear();
        if self.signing_key.is_empty() {
            self.signing_key = random(32).into_bytes();
        }
    }

    pub(super) fn bearer(&self, token: &str) -> Option<Bearer> {
        self.tokens.bearer(token, self.unix())
    }

    /// Counts a call against the account's per-second limit; answers what remains, `None` once over it.
    pub(super) fn count_call(&mut self, account: &str, label: Label) -> Option<u32> {
        let second = self.unix();
        let counted = self
            .calls
            .entry((account.to_owned(), label))
            .or_insert((second, 0));
        if counted.0 != second {
            *counted = (second, 0);
        }
        counted.1 += 1;
        label.per_second().checked_sub(counted.1)
    }

    /// Counts a meeting created or updated against the host's day; false once over it.
    pub(super) fn count_write(&mut self, host: &str) -> bool {
        let day = self.unix() / 86_400;
        let counted = self.writes.entry(host.to_owned()).or_insert((day, 0));
        if counted.0 != day {
            *counted = (day, 0);
        }
        counted.1 += 1;
        counted.1 <= self.knobs.meeting_writes_per_day
    }

    /// A page token for the rest of a list.
    pub(super) fn page_token(&mut self, person: &str, query: &str, offset: usize) -> String {
        let token = random(26);
        let page = Page {
            person: person.to_owned(),
            query: query.to_owned(),
            offset,
            expires_at: self.unix() + PAGE_TOKEN_SECONDS,
        };
        self.pages.insert(token.clone(), page);
        token
    }

    /// Where a page token continues; `None` when it is another's, for another list, or over 15 minutes old.
    pub(super) fn page_offset(&self, person: &str, query: &str, token: &str) -> Option<usize> {
        let page = self.pages.get(token)?;
        let fits = page.person == person && page.query == query && page.expires_at > self.unix();
        fits.then_some(page.offset)
    }

    /// The meeting a reference names: by number, or by the UUID of the series or of an instance.
    pub(super) fn meeting(&self, reference: &MeetingRef) -> Option<&Meeting> {
        let number = match reference {
            MeetingRef::Number(number) => *number,
            MeetingRef::Uuid(uuid) => {
                let of_series = self.meetings.iter().find(|meeting| meeting.uuid == *uuid);
                let of_instance = || {
                    self.instances
                        .iter()
                        .find(|instance| instance.uuid == *uuid)
                };
                of_series
                    .map(|it| it.number)
                    .or_else(|| of_instance().map(|it| it.number))?
            }
        };
        self.meetings
            .iter()
            .find(|meeting| meeting.number == number)
    }

    /// The instance of a UUID, or the latest of a number.
    pub(super) fn instance(&self, reference: &MeetingRef) -> Option<&Instance> {
        match reference {
            MeetingRef::Uuid(uuid) => self.instances.iter().find(|it| it.uuid == *uuid),
            MeetingRef::Number(number) => self
                .instances
                .iter()
                .filter(|it| it.number == *number)
                .max_by_key(|it| it.started_at),
        }
    }

    /// The instance of a meeting that takes place now: it has no length yet.
    pub(super) fn running(&self, number: u64) -> Option<&Instance> {
        let mut of_meeting = self.instances.iter().filter(|it| it.number == number);
        of_meeting.find(|it| it.duration == 0)
    }

    /// As [`Self::instance`], but of a number the latest that was recorded.
    pub(super) fn recorded_instance(&self, reference: &MeetingRef) -> Option<&Instance> {
        match reference {
            MeetingRef::Uuid(_) => self.instance(reference),
            MeetingRef::Number(number) => self
                .instances
                .iter()
                .filter(|it| it.number == *number && it.recording.is_some())
                .max_by_key(|it| it.started_at)
                .or_else(|| self.instance(reference)),
        }
    }

    pub(super) fn recording_mut(&mut self, uuid: &str) -> Option<&mut Recording> {
        let instance = self.instances.iter_mut().find(|it| it.uuid == uuid)?;
        instance.recording.as_mut()
    }

    /// The file a download link ends in, with its instance.
    pub(super) fn file(&self, key: &str) -> Option<(&Instance, &File)> {
        self.instances.iter().find_map(|instance| {
            let recording = instance.live_recording()?;
            let file = recording
                .files
                .iter()
                .find(|file| file.key == key && !file.trashed)?;
            Some((instance, file))
        })
    }

    /// The size of a file in bytes, as the knobs have it.
    pub(super) fn file_size(&self, file: &File) -> u64 {
        let given = match file.content {
            Content::Media { bytes: 0, .. } => self.knobs.video_bytes,
            Content::Media { bytes, .. } => bytes,
            Content::Text(_) => 0,
        };
        let wanted = self
            .knobs
            .file_bytes
            .get(&file.id)
            .copied()
            .unwrap_or(given);
        super::media::size(&file.content, wanted)
    }
}
