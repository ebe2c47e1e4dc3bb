//! Zoom: codes, refresh and revocation.
