//! What a test may turn on the Zoom fake, each knob at the value Zoom documents until turned.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::operation::GRANULAR_SCOPES;

/// The settings of the fake; `Default` is Zoom as documented.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of its own, set by name from JSON"
)]
pub struct Knobs {
    /// Whether a refresh ends the access tokens issued before it ("token tolerance 1").
    pub access_tokens_die_on_refresh: bool,
    /// Lifetime of the access tokens issued from now on, in seconds.
    pub access_token_seconds: i64,
    /// How far the fake's clock runs ahead of the real one, in seconds: expires codes, tokens and page tokens.
    pub clock_ahead_seconds: i64,
    /// The scopes the next consent grants.
    pub granted_scopes: Vec<String>,
    /// The `api_url` of token answers; absent means this sandbox's own address.
    pub api_url: Option<String>,
    /// Size of every MP4, in bytes.
    pub video_bytes: u64,
    /// Size of single files by their recording file id, in bytes; before `video_bytes`.
    pub file_bytes: HashMap<String, u64>,
    /// Redirects between `download_url` and the bytes; the first crosses to the other port.
    pub download_redirects: u8,
    /// Whether the last download host honours `Range`. Unconfirmed, so off.
    pub download_ranges: bool,
    /// How fast downloads come, in bytes per second; absent means as fast as they can.
    pub download_bytes_per_second: Option<u64>,
    /// Whether the per-second limits of a Pro account answer 429; their headers are always sent.
    pub enforce_rate_limits: bool,
    /// Meetings one host may create or update in a UTC day.
    pub meeting_writes_per_day: u32,
    /// Whether the user's role has "View the recording content": without it no `password` and no `download_access_token`.
    pub may_view_recordings: bool,
    /// Whether reading recording files answers HTTP 200 with `{"code":200}` (no permission).
    pub refuse_recordings: bool,
    /// Whether recordings are still being processed: HTTP 404, code 3301.
    pub recordings_pending: bool,
    /// Whether the files of recordings are still being made: they are listed without a place to download them.
    pub files_processing: bool,
    /// Whether a range over a month is cut to its last month instead of refused.
    pub clamp_month: bool,
    /// Whether the account has a paid plan: without it past participants and summaries answer code 200.
    pub paid_plan: bool,
    /// Whether events of people come who never allowed the app, as an account's administrator may choose.
    pub events_of_everybody: bool,
    /// Whether reading an AI summary is restricted: HTTP 403, code 2305.
    pub summaries_restricted: bool,
}

impl Default for Knobs {
    fn default() -> Self {
        Self {
            access_tokens_die_on_refresh: true,
            access_token_seconds: 3599,
            clock_ahead_seconds: 0,
            granted_scopes: GRANULAR_SCOPES.iter().map(ToString::to_string).collect(),
            api_url: None,
            video_bytes: 262_144,
            file_bytes: HashMap::new(),
            download_redirects: 1,
            download_ranges: false,
            download_bytes_per_second: None,
            enforce_rate_limits: false,
            meeting_writes_per_day: 100,
            may_view_recordings: true,
            refuse_recordings: false,
            recordings_pending: false,
            files_processing: false,
            clamp_month: false,
            paid_plan: true,
            events_of_everybody: false,
            summaries_restricted: false,
        }
    }
}
