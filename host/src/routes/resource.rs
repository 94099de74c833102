//! What a resource brings: the routes of its calls, and their descriptions.

use rocket::Route;
use utoipa::openapi::OpenApi;

/// The calls of one resource.
pub(super) struct Resource {
    pub(super) routes: fn() -> Vec<Route>,
    pub(super) description: fn() -> OpenApi,
}

/// Names the calls of a resource: each has a route and a description.
macro_rules! calls {
    ($($call:ident),+ $(,)?) => {
        pub(super) const CALLS: crate::routes::resource::Resource = {
            #[derive(utoipa::OpenApi)]
            #[openapi(paths($($call),+))]
            struct Described;

            crate::routes::resource::Resource {
                routes: || rocket::routes![$($call),+],
                description: <Described as utoipa::OpenApi>::openapi,
            }
        };
    };
}

pub(super) use calls;
