//! Paging and times, the same in every list of the API.

use serde::Deserialize;
use serde_json::{Value, json};
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{Date, OffsetDateTime};

use super::access::Visitor;
use super::problem::Problem;
use super::state::State;

const STAMP: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
const DAY: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]");

/// The two paging parameters every list takes. Both are text here, because a bad number has an answer of its own.
#[derive(Debug, Default, Deserialize)]
pub struct Paging {
    pub page_size: Option<String>,
    pub next_page_token: Option<String>,
}

/// A list's answer without its entries: counts and the next token.
pub struct Page<T> {
    pub entries: Vec<T>,
    pub frame: Value,
}

impl Paging {
    /// Cuts one page. `query` names the list with its filters: a token belongs to it.
    ///
    /// # Errors
    /// Code 300 for a size outside 1 to 300 and for a token that is unknown or over 15 minutes old.
    pub fn cut<T>(
        &self,
        state: &mut State,
        visitor: &Visitor,
        query: &str,
        mut all: Vec<T>,
    ) -> Result<Page<T>, Problem> {
        let size = match self.page_size.as_deref().map(str::parse::<usize>) {
            None => 30,
            Some(Ok(size @ 1..=300)) => size,
            Some(_) => return Err(Problem::validation("page_size", "Invalid field.")),
        };
        let offset = match self.next_page_token.as_deref() {
            None | Some("") => 0,
            Some(token) => state
                .page_offset(visitor.person.handle, query, token)
                .ok_or_else(|| {
                    Problem::new(400, 300, "The next page token is invalid or expired.")
                })?,
        };
        let total = all.len();
        let next = offset + size;
        let token = if next < total {
            state.page_token(visitor.person.handle, query, next)
        } else {
            String::new()
        };
        let entries = all.drain(offset.min(total)..next.min(total)).collect();
        let frame = json!({
            "page_count": total.div_ceil(size),
            "page_size": size,
            "total_records": total,
            "next_page_token": token,
        });
        Ok(Page { entries, frame })
    }
}

/// `yyyy-MM-ddTHH:mm:ssZ`.
pub fn stamp(at: OffsetDateTime) -> String {
    at.format(STAMP)
        .expect("the format is valid for every time")
}

/// `yyyy-mm-dd`.
pub fn day(date: Date) -> String {
    date.format(DAY)
        .expect("the format is valid for every date")
}

/// Reads a `yyyy-mm-dd` parameter.
///
/// # Errors
/// Code 300, naming the field.
pub fn parse_day(field: &str, text: &str) -> Result<Date, Problem> {
    Date::parse(text, DAY).map_err(|_| Problem::validation(field, "Invalid date format."))
}
