//! The OData query options of a collection, and the page they ask for.

use std::cmp::Ordering;

use serde_json::{Map, Value, json};
use url::form_urlencoded;

use crate::graph::exchange::{Call, Reply};
use crate::graph::filter::{Filter, parse_time};

/// `$select`, `$expand`, `$filter`, `$orderby`, `$search`, `$top`, `$skip`, `$count`.
#[derive(Debug, Clone, Default)]
pub struct Options {
    pub select: Option<Vec<String>>,
    pub expand: Vec<Expand>,
    pub filter: Option<Filter>,
    /// Property path and whether it is descending.
    pub order: Vec<(String, bool)>,
    pub search: Option<String>,
    pub top: Option<usize>,
    pub skip: usize,
    pub count: bool,
}

/// One expanded relation and what is wanted of it: `attachments($select=id,name)`.
#[derive(Debug, Clone)]
pub struct Expand {
    pub name: String,
    pub select: Option<Vec<String>>,
}

/// How one kind of collection pages.
#[derive(Debug, Clone, Copy)]
pub struct Paging {
    /// Items of a page when `$top` is absent.
    pub default: usize,
    /// Largest `$top`.
    pub most: usize,
    /// Whether `id` (and the etag) come even when not selected, as Outlook does.
    pub keeps_id: bool,
    /// The query key of the next page's position.
    pub position: &'static str,
}

impl Options {
    /// Reads the options of a call.
    ///
    /// # Errors
    /// 400 as Graph words it, for text that is no filter, a bad number or an unknown `$` option.
    pub fn read(call: &Call) -> Result<Self, Reply> {
        let mut options = Self::default();
        for (key, value) in &call.query {
            match key.to_ascii_lowercase().as_str() {
                "$select" => options.select = Some(list(value)),
                "$expand" => options.expand = split_outside_brackets(value).map(expand).collect(),
                "$filter" => {
                    let filter = Filter::parse(value).map_err(|it| {
                        Reply::bad_request("BadRequest", &format!("Invalid filter clause: {it}"))
                    })?;
                    options.filter = Some(filter);
                }
                "$orderby" => options.order = list(value).iter().map(|it| order(it)).collect(),
                "$search" => options.search = Some(value.clone()),
                "$top" => options.top = Some(number("$top", value)?),
                "$skip" | "$skiptoken" => options.skip = number(key, value)?,
                "$count" => options.count = value.eq_ignore_ascii_case("true"),
                "$format" | "$deltatoken" => {}
                unknown if unknown.starts_with('$') => {
                    return Err(Reply::bad_request(
                        "BadRequest",
                        &format!("The query parameter '{key}' is not supported."),
                    ));
                }
                _ => {}
            }
        }
        Ok(options)
    }

    pub fn expands(&self, name: &str) -> Option<&Expand> {
        self.expand
            .iter()
            .find(|it| it.name.eq_ignore_ascii_case(name))
    }

    /// Refuses names the resource does not have, as Exchange does.
    pub fn check_names(&self, kind: &str, known: &[&str]) -> Result<(), Reply> {
        let selected = self.select.iter().flatten().map(String::as_str);
        let filtered = self.filter.iter().flat_map(Filter::properties);
        let ordered = self
            .order
            .iter()
            .map(|(path, _)| path.split('/').next().unwrap_or(path));
        for name in selected.chain(filtered).chain(ordered) {
            if name != "*" && !known.iter().any(|it| it.eq_ignore_ascii_case(name)) {
                return Err(Reply::bad_request(
                    "RequestBroker--ParseUri",
                    &format!("Could not find a property named '{name}' on type '{kind}'."),
                ));
            }
        }
        Ok(())
    }

    /// Sorts by `$orderby`; equal items keep their order.
    pub fn sort(&self, items: &mut [Value]) {
        items.sort_by(|left, right| {
            self.order
                .iter()
                .map(|(path, descending)| {
                    let order = compare(at(left, path), at(right, path));
                    if *descending { order.reverse() } else { order }
                })
                .find(|it| it.is_ne())
                .unwrap_or(Ordering::Equal)
        });
    }

    /// Keeps the selected properties of an item.
    pub fn trim(&self, item: &mut Value, keeps_id: bool) {
        let expanded = self.expand.iter().map(|it| it.name.as_str());
        if let (Some(select), Value::Object(object)) = (&self.select, item) {
            let wanted: Vec<&str> = select.iter().map(String::as_str).chain(expanded).collect();
            keep(object, &wanted, keeps_id);
        }
    }

    /// The page at `$skip`, with its next link. The items are whole, filtered and sorted.
    pub fn page(
        &self,
        call: &Call,
        base: &str,
        items: Vec<Value>,
        paging: Paging,
    ) -> Result<Value, Reply> {
        let preferred = call.preferences().iter().find_map(|it| {
            it.to_ascii_lowercase()
                .strip_prefix("odata.maxpagesize=")?
                .parse()
                .ok()
        });
        let size = self.top.or(preferred).unwrap_or(paging.default);
        if size == 0 || size > paging.most {
            return Err(Reply::bad_request(
                "ErrorInvalidUrlQueryFilter",
                &format!("The value of '$top' must be between 1 and {}.", paging.most),
            ));
        }
        let total = items.len();
        let mut page: Vec<Value> = items.into_iter().skip(self.skip).take(size).collect();
        for item in &mut page {
            self.trim(item, paging.keeps_id);
        }
        let mut answer = Map::new();
        answer.insert(
            "@odata.context".to_owned(),
            json!(format!(
                "{base}/v1.0/$metadata#{}",
                call.path.trim_start_matches('/')
            )),
        );
        if self.count && self.skip == 0 {
            answer.insert("@odata.count".to_owned(), json!(total));
        }
        if self.skip + size < total {
            let next = next_link(call, base, paging.position, self.skip + size);
            answer.insert("@odata.nextLink".to_owned(), json!(next));
        }
        answer.insert("value".to_owned(), Value::Array(page));
        Ok(Value::Object(answer))
    }
}

/// Keeps only the wanted properties and, where asked, the id; annotations follow their property.
pub fn keep(object: &mut Map<String, Value>, wanted: &[&str], keeps_id: bool) {
    if wanted.contains(&"*") {
        return;
    }
    object.retain(|key, _| {
        let name = key.split('@').next().unwrap_or(key);
        let is_identity = keeps_id && (key == "id" || key == "@odata.etag");
        let is_type = matches!(key.as_str(), "@odata.type" | "@removed");
        is_identity || is_type || wanted.iter().any(|it| it.eq_ignore_ascii_case(name))
    });
}

/// The value at a path such as `from/emailAddress/address`, names in any case.
fn at<'v>(item: &'v Value, path: &str) -> &'v Value {
    path.split('/').fold(item, |value, segment| {
        value
            .as_object()
            .and_then(|it| it.iter().find(|(key, _)| key.eq_ignore_ascii_case(segment)))
            .map_or(&Value::Null, |(_, value)| value)
    })
}

fn compare(left: &Value, right: &Value) -> Ordering {
    match (left, right) {
        (Value::String(left), Value::String(right)) => {
            match (parse_time(left), parse_time(right)) {
                (Some(left), Some(right)) => left.cmp(&right),
                _ => left.to_lowercase().cmp(&right.to_lowercase()),
            }
        }
        (Value::Number(left), Value::Number(right)) => left
            .as_f64()
            .partial_cmp(&right.as_f64())
            .unwrap_or(Ordering::Equal),
        (Value::Bool(left), Value::Bool(right)) => left.cmp(right),
        (Value::Null, Value::Null) => Ordering::Equal,
        (Value::Null, _) => Ordering::Less,
        _ => Ordering::Greater,
    }
}

fn next_link(call: &Call, base: &str, position: &str, skip: usize) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (key, value) in &call.query {
        if !matches!(
            key.to_ascii_lowercase().as_str(),
            "$skip" | "$skiptoken" | "$count"
        ) {
            query.append_pair(key, value);
        }
    }
    query.append_pair(position, &skip.to_string());
    format!("{base}/v1.0{}?{}", call.path, query.finish())
}

fn list(value: &str) -> Vec<String> {
    value
        .split(',')
        .map(|it| it.trim().to_owned())
        .filter(|it| !it.is_empty())
        .collect()
}

fn order(text: &str) -> (String, bool) {
    match text.split_once(' ') {
        Some((path, direction)) => (
            path.to_owned(),
            direction.trim().eq_ignore_ascii_case("desc"),
        ),
        None => (text.to_owned(), false),
    }
}

fn number(key: &str, value: &str) -> Result<usize, Reply> {
    value.parse().map_err(|_| {
        Reply::bad_request(
            "BadRequest",
            &format!("Invalid value '{value}' for {key} query option found."),
        )
    })
}

fn expand(text: &str) -> Expand {
    let (name, inner) = text.split_once('(').unwrap_or((text, ""));
    let select = inner
        .trim_end_matches(')')
        .split(';')
        .find_map(|it| it.trim().strip_prefix("$select="))
        .map(list);
    Expand {
        name: name.trim().to_owned(),
        select,
    }
}

fn split_outside_brackets(text: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0_usize;
    text.split(move |letter| {
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        letter == ',' && depth == 0
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expand_keeps_its_own_select() {
        let parts: Vec<Expand> = split_outside_brackets("attachments($select=id,name),members")
            .map(expand)
            .collect();
        assert_eq!(parts[0].name, "attachments");
        assert_eq!(
            parts[0].select,
            Some(vec!["id".to_owned(), "name".to_owned()])
        );
        assert_eq!(parts[1].name, "members");
        assert!(parts[1].select.is_none());
    }

    #[test]
    fn select_really_trims_but_outlook_keeps_the_id() {
        let options = Options {
            select: Some(vec!["Subject".to_owned()]),
            ..Options::default()
        };
        let whole = json!({"id": "1", "@odata.etag": "W/1", "subject": "s", "body": {}});
        let mut outlook = whole.clone();
        options.trim(&mut outlook, true);
        assert_eq!(
            outlook,
            json!({"id": "1", "@odata.etag": "W/1", "subject": "s"})
        );
        let mut directory = whole;
        options.trim(&mut directory, false);
        assert_eq!(directory, json!({"subject": "s"}));
    }

    #[test]
    fn order_takes_paths_and_directions() {
        let options = Options {
            order: vec![order("from/name desc"), order("n")],
            ..Options::default()
        };
        let mut items = vec![
            json!({"from": {"name": "a"}, "n": 1}),
            json!({"from": {"name": "b"}, "n": 2}),
            json!({"from": {"name": "b"}, "n": 1}),
        ];
        options.sort(&mut items);
        let numbers: Vec<_> = items.iter().map(|it| it["n"].as_u64().unwrap()).collect();
        assert_eq!(numbers, [1, 2, 1]);
        assert_eq!(items[0]["from"]["name"], "b");
    }
}
