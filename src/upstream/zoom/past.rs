//! What is left of meetings that took place: their instances, who was there, and the summary.

use super::limit::Label;
use super::{get, model, segment};
use crate::id::{ZoomNumber, ZoomUuid, encode};
use crate::upstream::http::Http;
use crate::upstream::{Access, Error};

/// The most pages of participants that are read, of 300 people each.
const PAGES: usize = 4;

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

/// What the AI Companion wrote: `GET /meetings/{uuid}/meeting_summary`. `None` when it wrote nothing.
pub async fn summary(
    http: &Http,
    access: &Access,
    uuid: &ZoomUuid,
) -> Result<Option<model::Summary>, Error> {
    let path = format!("/meetings/{}/meeting_summary", segment(uuid));
    get(http, access, Label::Light, "read a summary", &path).await
}
