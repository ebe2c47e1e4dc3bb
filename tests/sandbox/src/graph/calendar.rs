//! Events: lists, single ones, the expanded view of a span of time, and writing.
//! <https://learn.microsoft.com/graph/api/resources/event>

use http::{HeaderName, Method, StatusCode};
use serde_json::{Value, json};

use super::change::tag;
use super::event_edit;
use super::exchange::{Call, Outcome, Reply};
use super::filter::parse_time;
use super::options::{Options, Paging};
use super::recurrence::occurrences;
use super::store::{Event, Mailbox, User, is_item_id};
use crate::world::World;

const KIND: &str = "Microsoft.OutlookServices.Event";
const PROPERTIES: &[&str] = &[
    "id",
    "createdDateTime",
    "lastModifiedDateTime",
    "changeKey",
    "categories",
    "transactionId",
    "originalStartTimeZone",
    "originalEndTimeZone",
    "originalStart",
    "iCalUId",
    "reminderMinutesBeforeStart",
    "isReminderOn",
    "hasAttachments",
    "subject",
    "bodyPreview",
    "body",
    "importance",
    "sensitivity",
    "isAllDay",
    "isCancelled",
    "isOrganizer",
    "isDraft",
    "responseRequested",
    "responseStatus",
    "seriesMasterId",
    "showAs",
    "type",
    "webLink",
    "onlineMeetingUrl",
    "isOnlineMeeting",
    "onlineMeetingProvider",
    "onlineMeeting",
    "allowNewTimeProposals",
    "hideAttendees",
    "start",
    "end",
    "location",
    "locations",
    "recurrence",
    "attendees",
    "organizer",
    "extensions",
    "singleValueExtendedProperties",
];
/// What `Calendars.ReadBasic` does not show.
const CONTENT: &[&str] = &["body", "bodyPreview", "attachments", "extensions"];
const PAGING: Paging = Paging {
    default: 10,
    most: 1_000,
    keeps_id: true,
    position: "$skip",
};

/// Answers `…/events…`, `…/calendarView` and `…/calendar…` of one's own mailbox.
pub fn answer(world: &World, call: &Call, owner: &User, rest: &[&str]) -> Outcome {
    if owner.oid != call.access.person.oid {
        return Err(Reply::access_denied());
    }
    let content = call.has(&["Calendars.Read", "Calendars.ReadWrite"]);
    if !content {
        call.outlook_needs(&["Calendars.ReadBasic"])?;
    }
    let base = &world.addresses().graph;
    let view = View {
        call,
        base,
        content,
    };
    let mut graph = world.graph();
    let mailbox = graph
        .mailboxes
        .get(&owner.oid)
        .ok_or_else(Reply::item_not_found)?;
    match (&call.method, rest) {
        (&Method::GET, ["events"] | ["calendar", "events"]) => {
            let items = mailbox.events.iter().map(|it| view.whole(it)).collect();
            view.list(items, None)
        }
        (&Method::GET, ["calendarView"] | ["calendar", "calendarView"]) => {
            let (from, until) = window(call)?;
            let items = mailbox
                .events
                .iter()
                .flat_map(|it| occurrences(&view.whole(it), from, until));
            view.list(items.collect(), Some("start/dateTime"))
        }
        (&Method::GET, ["events", id]) => view.one(find(mailbox, id)?),
        (&Method::GET, ["events", id, "instances"]) => {
            let (from, until) = window(call)?;
            let event = view.whole(find(mailbox, id)?);
            view.list(
                occurrences(&event, from, until).collect(),
                Some("start/dateTime"),
            )
        }
        (&Method::GET, ["calendar"]) => Ok(Reply::ok(calendar(owner))),
        (&Method::GET, ["calendars"]) => Ok(Reply::ok(json!({"value": [calendar(owner)]}))),
        (method, ["events", rest @ ..]) if method != Method::GET => {
            call.outlook_needs(&["Calendars.ReadWrite"])?;
            match event_edit::apply(&mut graph, owner, call, rest)? {
                Some((status, index)) => {
                    let event = &graph.mailboxes[&owner.oid].events[index];
                    Ok(Reply::json(status, view.whole(event)))
                }
                None if rest.len() > 1 => Ok(Reply::empty(StatusCode::ACCEPTED)),
                None => Ok(Reply::empty(StatusCode::NO_CONTENT)),
            }
        }
        (_, [.., last]) => Err(Reply::unknown_segment(last)),
        (_, []) => Err(Reply::method_not_allowed()),
    }
}

/// An event by id, or Exchange's two ways of not finding it.
pub fn find<'m>(mailbox: &'m Mailbox, id: &str) -> Result<&'m Event, Reply> {
    if !is_item_id(id) {
        return Err(Reply::malformed_id());
    }
    let index = mailbox.event(id).ok_or_else(Reply::item_not_found)?;
    Ok(&mailbox.events[index])
}

/// How one call wants events written.
struct View<'c> {
    call: &'c Call,
    base: &'c str,
    content: bool,
}

impl View<'_> {
    fn list(&self, mut items: Vec<Value>, order: Option<&str>) -> Outcome {
        let mut options = Options::read(self.call)?;
        options.check_names(KIND, PROPERTIES)?;
        if options.search.is_some() {
            return Err(Reply::bad_request(
                "ErrorInvalidUrlQuery",
                "The query parameter '$search' is not supported on events.",
            ));
        }
        if let Some(filter) = &options.filter {
            items.retain(|it| filter.matches(it));
        }
        if let (true, Some(order)) = (options.order.is_empty(), order) {
            options.order = vec![(order.to_owned(), false)];
        }
        options.sort(&mut items);
        let page = options.page(self.call, self.base, items, PAGING)?;
        Ok(self.preferred(Reply::ok(page)))
    }

    fn one(&self, event: &Event) -> Outcome {
        let options = Options::read(self.call)?;
        options.check_names(KIND, PROPERTIES)?;
        let mut item = self.whole(event);
        options.trim(&mut item, true);
        let path = self.call.path.trim_start_matches('/');
        item["@odata.context"] = json!(format!("{}/v1.0/$metadata#{path}/$entity", self.base));
        Ok(self.preferred(Reply::ok(item)))
    }

    fn whole(&self, event: &Event) -> Value {
        let mut properties = event.properties.clone();
        let id = if self.call.prefers_immutable_ids() {
            &event.immutable_id
        } else {
            &event.id
        };
        properties.insert("id".to_owned(), json!(id));
        let etag = tag(&event.id, &event.properties);
        properties.insert("@odata.etag".to_owned(), json!(etag));
        if self.call.prefers_text() {
            properties.insert(
                "body".to_owned(),
                json!({"contentType": "text", "content": event.text}),
            );
        }
        if !self.content {
            properties.retain(|name, _| !CONTENT.contains(&name.as_str()));
        }
        Value::Object(properties)
    }

    fn preferred(&self, reply: Reply) -> Reply {
        let mut applied = Vec::new();
        if self.call.prefers_text() {
            applied.push("outlook.body-content-type=\"text\"".to_owned());
        }
        // Times here are always UTC; another zone is not applied, and so not claimed to be.
        let is_utc = |it: &String| it.eq_ignore_ascii_case("outlook.timezone=UTC");
        if self.call.preferences().iter().any(is_utc) {
            applied.push("outlook.timezone=\"UTC\"".to_owned());
        }
        if applied.is_empty() {
            return reply;
        }
        reply.set(
            HeaderName::from_static("preference-applied"),
            &applied.join(", "),
        )
    }
}

/// The span that `calendarView` and `instances` want.
fn window(call: &Call) -> Result<(time::OffsetDateTime, time::OffsetDateTime), Reply> {
    let bound = |name: &str| {
        let pair = call
            .query
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name));
        pair.and_then(|(_, value)| parse_time(value))
    };
    match (bound("startDateTime"), bound("endDateTime")) {
        (Some(from), Some(until)) if from < until => Ok((from, until)),
        _ => Err(Reply::bad_request(
            "ErrorInvalidParameter",
            "This request requires a time window specified by the query string parameters StartDateTime and EndDateTime.",
        )),
    }
}

fn calendar(owner: &User) -> Value {
    json!({
        "id": super::store::id("AQMkAD", &owner.oid, "calendar"),
        "name": "Calendar", "color": "auto", "hexColor": "", "isDefaultCalendar": true,
        "canShare": true, "canViewPrivateItems": true, "canEdit": true,
        "allowedOnlineMeetingProviders": ["teamsForBusiness"],
        "defaultOnlineMeetingProvider": "teamsForBusiness",
        "isTallyingResponses": true, "isRemovable": false,
        "owner": {"name": owner.name, "address": owner.email},
    })
}
