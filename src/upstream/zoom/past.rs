//! What is left of meetings that took place: their instances, who was there, the summary, and a person's recordings.

use time::{Date, Duration};

use super::limit::Label;
use super::{get, model, segment};
use crate::id::{ZoomNumber, ZoomUuid, encode};
use crate::upstream::http::Http;
use crate::upstream::{Access, Error};

/// The most pages that are read, of 300 people or recordings each.
const PAGES: usize = 4;
/// From the first day to the last of what a list of recordings takes: less than any month, which is the most it may be.
const DAYS: Duration = Duration::days(27);

/// Who was there.
#[derive(Debug, Clone, Default)]
pub struct People {
    /// Each time somebody came; who comes twice is there twice.
    pub people: Vec<model::Participant>,
    /// Whether there were more.
    pub more: bool,
}

/// When a meeting took place, within fifteen months: `GET /past_meetings/{number}/instances`. None when it never did, or
/// is another person's.
pub async fn instances(
    http: &Http,
    access: &Access,
    number: ZoomNumber,
) -> Result<Vec<model::Instance>, Error> {
    let path = format!("/past_meetings/{number}/instances");
    let operation = "list when a meeting took place";
    let found: Option<model::Instances> =
        get(http, access, Label::Medium, operation, &path).await?;
    Ok(found.map(|it| it.meetings).unwrap_or_default())
}

/// Who was there: `GET /past_meetings/{uuid}/participants`, page by page. `None` when the instance is not there for this
/// person. Fails with `Forbidden` without a paid plan.
pub async fn participants(
    http: &Http,
    access: &Access,
    uuid: &ZoomUuid,
) -> Result<Option<People>, Error> {
    let mut all = People::default();
    let mut token = String::new();
    for _ in 0..PAGES {
        let mut path = format!(
            "/past_meetings/{}/participants?page_size=300",
            segment(uuid)
        );
        if !token.is_empty() {
            path.push_str("&next_page_token=");
            path.push_str(&encode(&token));
        }
        let page: Option<model::Participants> =
            get(http, access, Label::Medium, "list who was there", &path).await?;
        let Some(page) = page else { return Ok(None) };
        all.people.extend(page.participants);
        token = page.next_page_token;
        if token.is_empty() {
            return Ok(Some(all));
        }
    }
    all.more = true;
    Ok(Some(all))
}

/// A person's own recordings of some weeks.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// The newest first.
    pub recordings: Vec<model::Recordings>,
    /// The first day of them, in UTC.
    pub since: Date,
    /// Whether there were more in this time.
    pub more: bool,
}

/// The person's own cloud recordings of the four weeks that end with a day, in UTC: `GET /users/me/recordings`, page by
/// page.
pub async fn recorded(http: &Http, access: &Access, until: Date) -> Result<Recorded, Error> {
    let since = until.saturating_sub(DAYS);
    let mut all = Recorded {
        recordings: Vec::new(),
        since,
        more: true,
    };
    let mut token = String::new();
    for _ in 0..PAGES {
        // A date is shown as ISO 8601 has it.
        let mut path = format!("/users/me/recordings?from={since}&to={until}&page_size=300");
        if !token.is_empty() {
            path.push_str("&next_page_token=");
            path.push_str(&encode(&token));
        }
        let page: Option<model::RecordingsPage> =
            get(http, access, Label::Medium, "list recordings", &path).await?;
        // "There is no recording" is said as if they were not there.
        let Some(page) = page else {
            all.more = false;
            break;
        };
        all.recordings.extend(page.meetings);
        token = page.next_page_token;
        if token.is_empty() {
            all.more = false;
            break;
        }
    }
    // All are in UTC with a `Z`, so they sort as text.
    all.recordings
        .sort_by(|a, b| b.start_time.cmp(&a.start_time));
    Ok(all)
}

/// What the AI Companion wrote: `GET /meetings/{uuid}/meeting_summary`. `None` when it wrote nothing.
pub async fn summary(
    http: &Http,
    access: &Access,
    uuid: &ZoomUuid,
) -> Result<Option<model::Summary>, Error> {
    let path = format!("/meetings/{}/meeting_summary", segment(uuid));
    get(http, access, Label::Light, "read a summary", &path).await
}
