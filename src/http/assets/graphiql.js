// The query editor: sends what is written to /graphql and shows the answer. Nothing is kept.
const field = (id) => document.getElementById(id);

const introspection = `query Schema {
  __schema {
    queryType { name } mutationType { name } subscriptionType { name }
    types {
      kind name description
      fields { name description type { ...Type } args { name description type { ...Type } } }
      inputFields { name description type { ...Type } }
      enumValues { name description }
    }
  }
}
fragment Type on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }`;

/** A token given after `#token=` fills the header and leaves the address. */
function takeToken() {
  const given = new URLSearchParams(location.hash.slice(1));
  const token = given.get("token");
  if (!token) return;
  const scheme = given.get("scheme") ?? "Bearer";
  field("headers").value = JSON.stringify({ Authorization: `${scheme} ${token}` }, null, 2);
  history.replaceState(null, "", location.pathname);
}

function json(id) {
  const text = field(id).value.trim();
  try {
    return text === "" ? {} : JSON.parse(text);
  } catch {
    throw new Error(`${id} is not JSON`);
  }
}

async function ask(query, variables) {
  const response = await fetch("/graphql", {
    method: "POST",
    headers: {
      ...json("headers"),
      "content-type": "application/json",
      accept: "application/graphql-response+json, application/json;q=0.9",
    },
    body: JSON.stringify({ query, variables }),
  });
  return { status: response.status, answer: await response.json() };
}

async function shown(work) {
  const begun = performance.now();
  field("status").value = "…";
  try {
    const { status, text } = await work();
    field("result").textContent = text;
    field("status").value = `${status}, ${Math.round(performance.now() - begun)} ms`;
  } catch (error) {
    field("status").value = error.message;
  }
}

const run = () =>
  shown(async () => {
    const { status, answer } = await ask(field("query").value, json("variables"));
    return { status, text: JSON.stringify(answer, null, 2) };
  });

const named = (type) => {
  if (type.kind === "NON_NULL") return `${named(type.ofType)}!`;
  if (type.kind === "LIST") return `[${named(type.ofType)}]`;
  return type.name;
};

const described = (thing, indent) =>
  thing.description ? `${indent}# ${thing.description.replaceAll("\n", `\n${indent}# `)}\n` : "";

function written(type) {
  const fields = (type.fields ?? type.inputFields ?? []).map((it) => {
    const args = (it.args ?? []).map((arg) => `${arg.name}: ${named(arg.type)}`).join(", ");
    return `${described(it, "  ")}  ${it.name}${args && `(${args})`}: ${named(it.type)}\n`;
  });
  const values = (type.enumValues ?? []).map((it) => `${described(it, "  ")}  ${it.name}\n`);
  const body = [...fields, ...values].join("");
  return `${described(type, "")}${type.kind.toLowerCase()} ${type.name}${body && ` {\n${body}}`}\n`;
}

const schema = () =>
  shown(async () => {
    const { status, answer } = await ask(introspection, {});
    const types = answer.data?.__schema?.types?.filter((type) => !type.name.startsWith("__"));
    return { status, text: types ? types.map(written).join("\n") : JSON.stringify(answer, null, 2) };
  });

takeToken();
field("run").addEventListener("click", run);
field("schema").addEventListener("click", schema);
addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) run();
});
