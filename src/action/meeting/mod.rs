//! Schedules meetings from an issue, moves them and cancels them: at Zoom, in the person's own calendar, or both.

mod change;
mod linked;
mod schedule;

use std::fmt;
use std::str::FromStr;

use super::acting::Acting;
use super::once::Hold;
use super::refusal::Refusal;
use crate::app::App;
use crate::grant;
use crate::id::{LinkId, Malformed, ZoomNumber};
use crate::upstream::write::Failure;
use crate::upstream::{Error, Kind, Provider};

pub use change::{Change, Changed, Which, cancel, update};
pub use schedule::{Guest, Host, Made, Plan, Span, schedule};

/// What Graph needs to write into a calendar.
const CALENDAR_SCOPE: &str = "Calendars.ReadWrite";

/// What was written down of a meeting that was made: ids, and a fixed code for what could not be made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Earlier {
    /// The Zoom meeting.
    pub zoom: Option<ZoomNumber>,
    /// The link to it.
    pub zoom_link: Option<LinkId>,
    /// The link to the event.
    pub event_link: Option<LinkId>,
    /// Why there is no event, where one was asked for.
    pub missing: Option<String>,
}

impl fmt::Display for Earlier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            self.zoom.map(|it| format!("z{it}")),
            self.zoom_link.map(|it| format!("l{it}")),
            self.event_link.map(|it| format!("e{it}")),
            self.missing.as_ref().map(|it| format!("!{it}")),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        f.write_str(&parts.join(" "))
    }
}

impl FromStr for Earlier {
    type Err = Malformed;
    fn from_str(text: &str) -> Result<Self, Malformed> {
        let mut all = Self::default();
        for part in text.split(' ').filter(|it| !it.is_empty()) {
            let malformed = Malformed {
                expected: "what was made of a meeting",
            };
            let (mark, rest) = part.split_at_checked(1).ok_or(malformed.clone())?;
            match mark {
                "z" => all.zoom = Some(rest.parse()?),
                "l" => all.zoom_link = Some(rest.parse()?),
                "e" => all.event_link = Some(rest.parse()?),
                "!" => all.missing = Some(rest.to_owned()),
                _ => return Err(malformed),
            }
        }
        Ok(all)
    }
}

/// What a write told; a refusal makes it certain that nothing was done.
fn told<T>(hold: &Hold, input: &'static str, outcome: Result<T, Failure>) -> Result<T, Refusal> {
    outcome.map_err(|failure| {
        if matches!(failure, Failure::Failed(_)) {
            hold.nothing_made();
        }
        Refusal::of_write(input, failure)
    })
}

/// Whether the person's own calendar can be written into, as far as is known without asking Graph: so that nothing is
/// begun that cannot be ended.
async fn may_write_calendar(acting: &Acting) -> Result<(), Error> {
    let failed = |kind| {
        Err(Error::new(
            Provider::Microsoft,
            "write into a calendar",
            kind,
        ))
    };
    let access = grant::microsoft(&acting.app, &acting.caller).await?;
    if access.has_any(&[CALENDAR_SCOPE]) != Some(false) {
        return Ok(());
    }
    if !is_offered(&acting.app) {
        // Nobody can agree to what is not asked for.
        return failed(Kind::NotConfigured);
    }
    let scopes = vec![CALENDAR_SCOPE.to_owned()];
    failed(Kind::ConsentRequired { scopes })
}

/// Whether this gateway asks people for their calendars.
fn is_offered(app: &App) -> bool {
    let microsoft = app.settings.microsoft.as_ref();
    let mut scopes = microsoft.iter().flat_map(|it| &it.scopes);
    scopes.any(|it| it.eq_ignore_ascii_case(CALENDAR_SCOPE))
}

#[cfg(test)]
mod tests {
    use super::Earlier;
    use crate::id::LinkId;

    #[test]
    fn what_is_written_down_is_read_again() {
        let whole = Earlier {
            zoom: "85746065".parse().ok(),
            zoom_link: Some(LinkId::random()),
            event_link: Some(LinkId::random()),
            missing: Some("FORBIDDEN".to_owned()),
        };
        assert_eq!(whole.to_string().parse(), Ok(whole));
        let begun: Earlier = "z85746065".parse().unwrap();
        assert_eq!(begun.to_string(), "z85746065");
        assert!("85746065".parse::<Earlier>().is_err());
        assert_eq!("".parse(), Ok(Earlier::default()));
    }
}
