//! People: oneself, the directory of the tenant, and those one works with.
//! <https://learn.microsoft.com/graph/api/resources/user>

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::exchange::{Call, Outcome, Reply};
use super::options::{Options, Paging};
use super::store::{State, User};
use crate::world::World;

const ME: &[&str] = &["User.Read", "User.ReadBasic.All"];
const OTHERS: &[&str] = &["User.ReadBasic.All"];
const DEFAULT: &[&str] = &[
    "businessPhones",
    "displayName",
    "givenName",
    "jobTitle",
    "mail",
    "mobilePhone",
    "officeLocation",
    "preferredLanguage",
    "surname",
    "userPrincipalName",
    "id",
];
const PAGING: Paging = Paging {
    default: 100,
    most: 999,
    keeps_id: false,
    position: "$skiptoken",
};
const PEOPLE: Paging = Paging {
    default: 10,
    most: 1_000,
    keeps_id: true,
    position: "$skip",
};

/// `GET /me`.
pub fn me(world: &World, call: &Call) -> Outcome {
    call.directory_needs(ME)?;
    one(world, call, &User::from(&call.access.person))
}

/// `GET /users` and `GET /users/{id}`.
pub fn users(world: &World, call: &Call, who: Option<&str>) -> Outcome {
    if call.method != Method::GET {
        return Err(Reply::method_not_allowed());
    }
    let Some(who) = who else {
        call.directory_needs(OTHERS)?;
        return list(world, call);
    };
    let is_self =
        who == call.access.person.oid || who.eq_ignore_ascii_case(&call.access.person.email);
    call.directory_needs(if is_self { ME } else { OTHERS })?;
    let user = find(&world.graph(), call, who)?;
    one(world, call, &user)
}

/// Somebody of the caller's own tenant, by object id or address.
pub fn find(graph: &State, call: &Call, who: &str) -> Result<User, Reply> {
    graph
        .mailbox(who)
        .map(|it| it.owner.clone())
        .filter(|it| it.tid == call.access.person.tid)
        .ok_or_else(|| {
            Reply::error(
                StatusCode::NOT_FOUND,
                "Request_ResourceNotFound",
                &format!("Resource '{who}' does not exist or one of its queried reference-property objects are not present."),
            )
        })
}

/// `GET /me/people`: the colleagues, as `$search` narrows them.
pub fn people(world: &World, call: &Call) -> Outcome {
    call.outlook_needs(&["People.Read"])?;
    let options = Options::read(call)?;
    let wanted = options
        .search
        .as_deref()
        .unwrap_or_default()
        .trim_matches('"')
        .to_lowercase();
    let items = colleagues(&world.graph(), call)
        .into_iter()
        .filter(|it| it.oid != call.access.person.oid)
        .filter(|it| it.name.to_lowercase().contains(&wanted) || it.email.contains(&wanted))
        .map(|it| {
            let (given, surname) = it.name.split_once(' ').unwrap_or((&it.name, ""));
            json!({
                "id": it.oid, "displayName": it.name, "givenName": given, "surname": surname,
                "birthday": "", "personNotes": "", "isFavorite": false, "jobTitle": null,
                "companyName": null, "department": null, "officeLocation": null, "profession": "",
                "userPrincipalName": it.email, "imAddress": format!("sip:{}", it.email),
                "scoredEmailAddresses": [{"address": it.email, "relevanceScore": 30.0,
                    "selectionLikelihood": "notSpecified"}],
                "phones": [], "postalAddresses": [], "websites": [],
                "personType": {"class": "Person", "subclass": "OrganizationUser"},
            })
        })
        .collect();
    options
        .page(call, &world.addresses().graph, items, PEOPLE)
        .map(Reply::ok)
}

/// `POST /me/revokeSignInSessions`: every refresh token of the person, at once.
/// <https://learn.microsoft.com/graph/api/user-revokesigninsessions>
pub fn revoke_sessions(world: &World, call: &Call) -> Outcome {
    if call.method != Method::POST {
        return Err(Reply::method_not_allowed());
    }
    call.directory_needs(&["User.RevokeSessions.All"])?;
    world.entra().revoke_sessions(call.access.person.handle);
    Ok(Reply::ok(json!({
        "@odata.context": format!("{}/v1.0/$metadata#Edm.Boolean", world.addresses().graph),
        "value": true,
    })))
}

/// Nobody here has a photo.
pub fn photo() -> Outcome {
    Err(Reply::error(
        StatusCode::NOT_FOUND,
        "ImageNotFound",
        "The photo wasn't found.",
    ))
}

fn list(world: &World, call: &Call) -> Outcome {
    let mut options = Options::read(call)?;
    let graph = world.graph();
    let mut items: Vec<Value> = colleagues(&graph, call).iter().map(whole).collect();
    if let Some(filter) = &options.filter {
        items.retain(|it| filter.matches(it));
    }
    if let Some(search) = &options.search {
        let is_eventual = call
            .headers
            .get("consistencylevel")
            .is_some_and(|it| it == "eventual");
        let Some((property, text)) = search
            .trim_matches('"')
            .split_once(':')
            .filter(|_| is_eventual)
        else {
            return Err(Reply::bad_request(
                "Request_UnsupportedQuery",
                "Request with $search query parameter only works through MSGraph with a special request header: 'ConsistencyLevel: eventual'",
            ));
        };
        let text = text.to_lowercase();
        items.retain(|it| {
            let value = it[property].as_str().unwrap_or_default().to_lowercase();
            value.split(' ').any(|word| word.starts_with(&text)) || value.starts_with(&text)
        });
    }
    options.sort(&mut items);
    options.select.get_or_insert_with(default_properties);
    options
        .page(call, &world.addresses().graph, items, PAGING)
        .map(Reply::ok)
}

fn one(world: &World, call: &Call, user: &User) -> Outcome {
    if call.method != Method::GET {
        return Err(Reply::method_not_allowed());
    }
    let mut options = Options::read(call)?;
    options.select.get_or_insert_with(default_properties);
    let mut item = whole(user);
    options.trim(&mut item, false);
    item["@odata.context"] = json!(format!(
        "{}/v1.0/$metadata#users/$entity",
        world.addresses().graph
    ));
    Ok(Reply::ok(item))
}

fn default_properties() -> Vec<String> {
    DEFAULT.iter().map(|it| (*it).to_owned()).collect()
}

fn colleagues(graph: &State, call: &Call) -> Vec<User> {
    let mut users: Vec<User> = graph
        .mailboxes
        .values()
        .map(|it| it.owner.clone())
        .filter(|it| it.tid == call.access.person.tid)
        .collect();
    users.sort_by(|left, right| left.name.cmp(&right.name));
    users
}

fn whole(user: &User) -> Value {
    let (given, surname) = user.name.split_once(' ').unwrap_or((&user.name, ""));
    json!({
        "businessPhones": [], "displayName": user.name, "givenName": given, "jobTitle": null,
        "mail": user.email, "mobilePhone": null, "officeLocation": null, "preferredLanguage": "en-GB",
        "surname": surname, "userPrincipalName": user.email, "id": user.oid,
        "accountEnabled": true, "userType": "Member", "department": null, "companyName": null,
    })
}
