//! The verifier's exports for the browser; the work is `portcullis_core`'s.
