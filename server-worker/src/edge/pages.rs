//! The static pages, out of the assets binding or a disk service of that name.

use super::page_path::{self, Page};
use worker::{Env, Headers, Request, Response, Result};

/// What a page of ours may do: run our own scripts and WebAssembly, and connect
/// to us. Nothing inline, nothing from elsewhere, no frames.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
    img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; \
    form-action 'none'; frame-ancestors 'none'";

/// Serves a file.
pub async fn serve(request: &Request, env: &Env) -> Result<Response> {
    let mut url = request.url()?;
    let path = match page_path::find(url.path()) {
        Page::File(path) => path,
        Page::Folder(path) => {
            let mut response = Response::empty()?.with_status(308);
            response.headers_mut().set("Location", &path)?;
            return Ok(response);
        }
        Page::Nothing => return no_page(),
    };
    url.set_query(None);
    url.set_path(&path);
    let ending = path.rsplit('.').next().unwrap_or_default();
    let file = env.assets("ASSETS")?.fetch(url.as_str(), None).await?;
    if file.status_code() != 200 {
        return no_page();
    }
    let mut response = Response::from_body(file.body().clone())?;
    let headers = response.headers_mut();
    headers.set("Content-Type", content_type(ending))?;
    headers.set("Cache-Control", "no-cache")?;
    protect(headers)?;
    Ok(response)
}

fn no_page() -> Result<Response> {
    let mut response = Response::ok("There is no such page.\n")?.with_status(404);
    let headers = response.headers_mut();
    headers.set("Content-Type", "text/plain; charset=utf-8")?;
    protect(headers)?;
    Ok(response)
}

fn protect(headers: &mut Headers) -> Result<()> {
    headers.set("Content-Security-Policy", CONTENT_SECURITY_POLICY)?;
    headers.set("X-Content-Type-Options", "nosniff")?;
    headers.set("Referrer-Policy", "no-referrer")?;
    headers.set("Cross-Origin-Opener-Policy", "same-origin")
}

fn content_type(ending: &str) -> &'static str {
    match ending {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "json" | "map" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "wasm" => "application/wasm",
        "woff2" => "font/woff2",
        "webmanifest" => "application/manifest+json",
        "md" | "txt" => "text/plain; charset=utf-8",
        "ts" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
