//! Entra: codes, refresh and On-Behalf-Of.
