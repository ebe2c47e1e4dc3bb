//! `schema.graphql` is what the server prints.

use std::{env, fs, path::Path};

#[test]
fn the_schema_file_is_what_the_server_prints() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema.graphql");
    let sdl = trefoil::graphql::sdl();
    #[expect(
        clippy::disallowed_methods,
        reason = "a switch for the person who runs the test"
    )]
    if env::var("UPDATE").is_ok() {
        fs::write(&path, &sdl).unwrap();
    }
    let file = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        file == sdl,
        "schema.graphql is stale: run `UPDATE=1 cargo test schema` and commit it"
    );
}
