/** The API as scripts call it: the session's CSRF token, one idempotency key per intent, problems. */
import { word } from "./words.js";

/** A refusal or a fault; `problem` is the RFC 9457 document, null when the network failed. */
export class Refusal extends Error {
  constructor(status, problem) {
    super(problem?.detail || problem?.title || word("No connection. What you entered is kept here; try again when the connection is back."));
    this.status = status;
    this.problem = problem;
  }

  get offline() {
    return this.status === 0;
  }
}

const SIGN_IN = "/api/v1/sessions"; // refused there, somebody is not signed out but not let in

export const csrf = () => document.querySelector('meta[name="csrf"]')?.content ?? "";

/** A key for one intent: sent again with the same intent, it is carried out once. */
export function newKey() {
  return crypto.randomUUID?.() ?? [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, "0")).join("");
}

/**
 * Call the API.
 * @param {string} method
 * @param {string} url
 * @param {{body?: any, key?: string, ifMatch?: string, headers?: object, raw?: BodyInit, type?: string, signal?: AbortSignal}} [options]
 * @returns {Promise<{status: number, data: any, etag: string|null}>}
 * @throws {Refusal}
 */
export async function call(method, url, options = {}) {
  const headers = { Accept: "application/json", "X-CSRF-Token": csrf(), ...options.headers };
  if (options.ifMatch) headers["If-Match"] = options.ifMatch;
  if (method === "POST" && options.key !== null) headers["Idempotency-Key"] = options.key ?? newKey();
  let body = options.raw;
  if (body !== undefined && options.type) headers["Content-Type"] = options.type;
  if (body === undefined && method !== "GET" && options.body !== undefined) {
    body = JSON.stringify(options.body);
    headers["Content-Type"] = "application/json";
  }
  let response;
  try {
    response = await fetch(url, { method, headers, body, credentials: "same-origin", signal: options.signal });
  } catch (fault) {
    if (fault.name === "AbortError") throw fault;
    throw new Refusal(0, null);
  }
  const text = await response.text();
  const data = parsed(text);
  if (response.ok) return { status: response.status, data, etag: response.headers.get("ETag") };
  if (response.status === 401 && !(method === "POST" && url === SIGN_IN)) {
    document.dispatchEvent(new CustomEvent("signed-out"));
    throw new Refusal(401, { detail: word("You were signed out. Sign in again; what you entered is kept.") });
  }
  throw new Refusal(response.status, data && typeof data === "object" ? data : { detail: word("Something went wrong here; it was logged. Nothing was changed.") });
}

function parsed(text) {
  try {
    return text ? JSON.parse(text) : null;
  } catch {
    return text;
  }
}
