//! What the inputs of a mutation of meetings come to: checked without asking anybody.

use jiff::tz::TimeZone;

use super::input::{MeetingAttendeeInput, MeetingSettingsInput};
use crate::action::meeting::{Guest, Span};
use crate::graphql::link::UserError;
use crate::graphql::meeting::AutoRecording;
use crate::graphql::scalar::DateTime;
use crate::upstream::jira::document::{one_line, tidy};
use crate::upstream::zoom::meeting::{LONGEST_AGENDA, LONGEST_TOPIC, Settings};

/// The most people one meeting invites.
const MOST_GUESTS: usize = 50;
/// The longest meeting, in minutes.
const LONGEST: i64 = 24 * 60;

fn invalid(field: &str, message: &str) -> UserError {
    UserError::new("FIELD_INVALID", &[field], message)
}

/// A subject on one line.
pub fn subject(text: &str) -> Result<String, UserError> {
    let text = one_line(text);
    if text.is_empty() {
        let message = "A meeting has to be called something.";
        return Err(UserError::new("FIELD_REQUIRED", &["subject"], message));
    }
    if text.chars().count() > LONGEST_TOPIC {
        return Err(invalid("subject", "A subject has 200 characters at most."));
    }
    Ok(text)
}

/// From when to when, in whole minutes.
pub fn span(start: &DateTime, end: &DateTime) -> Result<Span, UserError> {
    let (start, end) = (start.millis(), end.millis());
    let minutes = (end - start + 59_999).div_euclid(60_000);
    if !(1..=LONGEST).contains(&minutes) {
        let message = "A meeting ends after it begins, and within a day.";
        return Err(invalid("end", message));
    }
    Ok(Span { start, minutes })
}

/// A time zone by its IANA name.
pub fn time_zone(name: Option<&str>) -> Result<Option<String>, UserError> {
    if name.is_some_and(|it| TimeZone::get(it).is_err()) {
        let message = "Use the IANA name of a time zone, such as Europe/Berlin.";
        return Err(invalid("timeZone", message));
    }
    Ok(name.map(str::to_owned))
}

/// Plain text; an empty one counts as left out only where it is not there to empty what stood there.
pub fn agenda(text: Option<&str>) -> Result<Option<String>, UserError> {
    let text = text.map(tidy);
    if text
        .as_ref()
        .is_some_and(|it| it.chars().count() > LONGEST_AGENDA)
    {
        return Err(invalid("agenda", "An agenda has 2000 characters at most."));
    }
    Ok(text)
}

/// Who is invited.
pub fn guests(all: Option<Vec<MeetingAttendeeInput>>) -> Result<Vec<Guest>, UserError> {
    let all = all.unwrap_or_default();
    if all.len() > MOST_GUESTS {
        return Err(invalid("attendees", "A meeting invites 50 people at most."));
    }
    let guest = |it: MeetingAttendeeInput| {
        let email = it.email.trim().to_owned();
        let parts = email.split_once('@');
        let fits = parts.is_some_and(|(name, host)| {
            !name.is_empty() && !host.is_empty() && !host.contains('@')
        });
        let plain = email
            .chars()
            .all(|c| c.is_ascii_graphic() && !"<>,;\"".contains(c));
        if !fits || !plain || email.len() > 254 {
            let message = "One of these is no mail address.";
            return Err(UserError::new(
                "FIELD_INVALID",
                &["attendees", "email"],
                message,
            ));
        }
        let name = it.name.as_deref().map(one_line).filter(|it| !it.is_empty());
        Ok(Guest {
            email,
            name: name.map(|it| it.chars().take(255).collect()),
            is_optional: it.optional,
        })
    };
    all.into_iter().map(guest).collect()
}

/// The passcode, and who gets in how.
pub fn settings(
    given: Option<MeetingSettingsInput>,
) -> Result<(Option<String>, Settings), UserError> {
    let given = given.unwrap_or_default();
    let plain = |c: char| c.is_ascii_alphanumeric() || "@-_*".contains(c);
    let passcode = given.passcode.as_deref();
    if passcode.is_some_and(|it| it.is_empty() || it.len() > 10 || !it.chars().all(plain)) {
        let message = "A passcode has ten letters, digits or @-_* at most.";
        return Err(UserError::new(
            "FIELD_INVALID",
            &["settings", "passcode"],
            message,
        ));
    }
    let settings = Settings {
        waiting_room: given.waiting_room,
        join_before_host: given.join_before_host,
        auto_recording: given.auto_recording.map(AutoRecording::word),
    };
    Ok((given.passcode, settings))
}

#[cfg(test)]
mod tests {
    use super::{guests, settings, span, time_zone};
    use crate::graphql::scalar::DateTime;
    use crate::graphql::schedule::input::{MeetingAttendeeInput, MeetingSettingsInput};

    #[test]
    fn a_meeting_takes_whole_minutes_and_no_more_than_a_day() {
        let at = |text: &str| DateTime::parse(text).unwrap();
        let start = at("2026-11-23T09:00:00Z");
        for (end, minutes) in [
            ("2026-11-23T09:30:00Z", Some(30)),
            ("2026-11-23T09:30:01Z", Some(31)),
            ("2026-11-24T09:00:00Z", Some(1_440)),
            ("2026-11-23T09:00:00Z", None),
            ("2026-11-23T08:00:00Z", None),
            ("2026-11-24T09:00:01Z", None),
        ] {
            let span = span(&start, &at(end)).ok();
            assert_eq!(span.map(|it| it.minutes), minutes, "{end}");
        }
    }

    #[test]
    fn what_is_no_address_no_zone_and_no_passcode_is_refused() {
        let guest = |email: &str| {
            let one = MeetingAttendeeInput {
                email: email.to_owned(),
                name: None,
                optional: false,
            };
            guests(Some(vec![one])).is_ok()
        };
        assert!(guest(" mara@supplier.example "));
        for wrong in [
            "mara",
            "@x",
            "a@",
            "a@b@c",
            "a b@c.example",
            "<a@c.example>",
            "",
        ] {
            assert!(!guest(wrong), "{wrong}");
        }
        assert!(time_zone(Some("America/Argentina/Buenos_Aires")).is_ok());
        assert!(time_zone(Some("Europe/Berlin\"")).is_err());
        let passcode = |text: &str| {
            let given = MeetingSettingsInput {
                passcode: Some(text.to_owned()),
                ..MeetingSettingsInput::default()
            };
            settings(Some(given)).is_ok()
        };
        assert!(passcode("a@-_*Z9"));
        assert!(!passcode("elevensigns") && !passcode("ä") && !passcode(""));
    }
}
