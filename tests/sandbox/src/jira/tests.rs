//! Tests of the sites over real HTTP.
