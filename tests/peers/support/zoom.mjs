// A tour of the Zoom sandbox: every operation its specification has, with answers good and bad.

import { control } from "./sandbox.mjs";

/** Walks every operation as alice; the exchanges stay with the sandbox. */
export async function tourZoom({ addresses }) {
  const granted = await control(addresses.control, "POST", "/zoom/tokens/alice");
  const call = caller(`${addresses.zoom}/v2`, granted.access_token);
  const world = await control(addresses.control, "GET", "/world");
  const day = (days) => new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10);

  await call("GET", "/users/me");
  const listed = await call("GET", `/users/me/recordings?from=${day(30)}&to=${day(0)}&page_size=2`);
  const next = encodeURIComponent(listed.json.next_page_token);
  await call("GET", `/users/me/recordings?from=${day(30)}&to=${day(0)}&page_size=2&next_page_token=${next}`);
  for (const { uuid } of listed.json.meetings) {
    const id = segment(uuid);
    await call("GET", `/meetings/${id}/recordings?include_fields=download_access_token&ttl=60`);
    await call("GET", `/meetings/${id}/recordings/settings`);
    await call("GET", `/meetings/${id}/meeting_summary`);
    await call("GET", `/past_meetings/${id}`);
    await call("GET", `/past_meetings/${id}/participants?page_size=1`);
  }
  const number = listed.json.meetings[0].id;
  await call("PATCH", `/meetings/${number}/recordings/settings`, { share_recording: "none" });
  await call("GET", `/past_meetings/${number}/instances`);
  const planned = await call("GET", "/users/me/meetings?type=scheduled&page_size=30");
  const weekly = planned.json.meetings.find((it) => it.type === 8).id;
  await call("GET", "/users/me/meetings?type=previous_meetings");
  await call("GET", "/users/me/upcoming_meetings");
  const created = await call("POST", "/users/me/meetings", {
    topic: "Plan",
    type: 2,
    start_time: "2030-01-01T10:00:00Z",
    duration: 30,
    timezone: "Europe/Berlin",
    agenda: "Next steps",
    settings: { waiting_room: true },
  });
  await call("GET", `/meetings/${created.json.id}`);
  await call("PATCH", `/meetings/${created.json.id}`, { topic: "Plan B" });
  await call("GET", `/meetings/${created.json.id}/invitation`);
  await call("DELETE", `/meetings/${created.json.id}`);
  await call("GET", `/meetings/${created.json.id}`);
  const series = await call("GET", `/meetings/${weekly}`);
  const [first, second] = series.json.occurrences.map((it) => it.occurrence_id);
  await call("PATCH", `/meetings/${weekly}?occurrence_id=${first}`, { duration: 20 });
  await call("DELETE", `/meetings/${weekly}?occurrence_id=${second}`);
  await call("GET", `/meetings/${weekly}`);
  await call("GET", "/users/me/meetings?type=live");
  await call("GET", "/meetings/1/recordings");
  await call("GET", `/report/meetings/${number}/participants`);
  await call("GET", `/users/${world.people[0].zoom_user_id}/recordings`);
  const last = segment(listed.json.meetings[1].uuid);
  await call("DELETE", `/meetings/${last}/recordings?action=trash`);
  await call("PUT", `/meetings/${last}/recordings/status`, { action: "recover" });
  return listed.json;
}

/** A UUID as Zoom wants it in a path: twice encoded when it begins with `/` or has `//`. */
export function segment(uuid) {
  const once = encodeURIComponent(uuid);
  return uuid.startsWith("/") || uuid.includes("//") ? encodeURIComponent(once) : once;
}

/** `call(method, path, body)` with a bearer; answers `{ status, json }`. */
export function caller(base, token, extra = {}) {
  return async (method, route, body) => {
    const response = await fetch(`${base}${route}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...extra,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
      redirect: "manual",
    });
    const text = await response.text();
    const json = response.headers.get("content-type")?.includes("json") ? JSON.parse(text) : undefined;
    return { status: response.status, headers: response.headers, json, text };
  };
}
