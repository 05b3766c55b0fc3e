"use strict";
(() => {
  const methods = ["get", "post", "put", "patch", "delete"];
  const byID = (id) => document.getElementById(id);
  let schemas = {};
  let entries = [];

  // Everything that comes from the document or from an answer is set as text: nothing of it becomes markup.
  const make = (name, attributes = {}, ...children) => {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...children);
    return element;
  };

  const resolved = (schema, depth = 0) => {
    const name = schema && schema.$ref && schema.$ref.split("/").pop();
    return name && depth < 8 ? resolved(schemas[name] || {}, depth + 1) : schema || {};
  };

  // What a value may look like: one shape mostly, several where the answer depends on the request.
  const shapes = (schema) => {
    const found = resolved(schema);
    const choices = (found.anyOf || found.oneOf || []).filter((one) => resolved(one).type !== "null");
    return choices.length ? choices.flatMap(shapes) : [found];
  };

  const plain = (schema) => shapes(schema)[0];

  const typeOf = (schema) => {
    const found = plain(schema);
    if (found.enum) return found.enum.map((word) => JSON.stringify(word)).join(" | ");
    const type = Array.isArray(found.type) ? found.type.join(" | ") : found.type || "any";
    const range = (least, most, what) => {
      if (least === undefined && most === undefined) return [];
      if (least === undefined) return [`at most ${most}${what}`];
      if (most === undefined) return [`at least ${least}${what}`];
      return [least === most ? `${least}${what}` : `${least} to ${most}${what}`];
    };
    const words = [
      type === "array" ? `list of ${typeOf(found.items).replace(/^object$/, "objects")}` : found.format || type,
      ...range(found.minimum, found.maximum, ""), ...range(found.minLength, found.maxLength, " characters"),
    ];
    return found.pattern === undefined ? words.join(", ") : `${words.join(", ")}, as ${found.pattern}`;
  };

  const sample = (schema, depth = 0) => {
    const found = plain(schema);
    if (found.example !== undefined) return found.example;
    if (found.enum) return found.enum[0];
    const type = Array.isArray(found.type) ? found.type.find((one) => one !== "null") : found.type;
    if (depth > 5) return null;
    switch (type) {
      case "object": {
        const members = {};
        for (const [name, member] of Object.entries(found.properties || {}).sort()) members[name] = sample(member, depth + 1);
        return members;
      }
      case "array": return found.items ? [sample(found.items, depth + 1)] : [];
      case "integer": case "number": return found.minimum || 0;
      case "boolean": return false;
      case "string": return found.format === "date-time" ? "2026-11-20T10:30:00Z" : found.format === "date" ? "2026-11-20" : "";
      default: return null;
    }
  };

  const table = (head, rows) => {
    const line = (cells, name) => make("tr", {}, ...cells.map((cell) => make(name, {}, cell)));
    return make("table", {}, make("thead", {}, line(head, "th")), make("tbody", {}, ...rows.map((row) => line(row, "td"))));
  };

  // One line for each member, with those of inner objects below theirs; what is required stands first.
  const members = (found, place = "", depth = 0) => {
    const object = found.type === "array" ? plain(found.items) : found;
    const required = new Set(object.required || []);
    const sorted = Object.entries(object.properties || {}).sort(([one], [other]) =>
      required.has(other) - required.has(one) || (one < other ? -1 : 1));
    return sorted.flatMap(([name, member]) => {
      const inner = plain(member);
      const line = [place + name, typeOf(member), required.has(name) ? "required" : ""];
      const inside = depth < 3 ? members(inner, `${place}${name}${inner.type === "array" ? "[]" : ""}.`, depth + 1) : [];
      return [line, ...inside];
    });
  };

  const shape = (title, content) => {
    const parts = [];
    for (const [type, { schema }] of Object.entries(content || {})) {
      for (const [index, found] of shapes(schema).entries()) {
        const list = found.type === "array" ? ", a list" : "";
        parts.push(make("h3", {}, `${index ? "Or" : title} (${type}${list})`));
        const rows = members(found);
        parts.push(rows.length ? table(["member", "type", ""], rows) : make("p", {}, typeOf(found)));
      }
    }
    return parts;
  };

  const describe = (operation) => {
    const parts = [];
    const parameters = operation.parameters || [];
    if (parameters.length) {
      parts.push(make("h3", {}, "Parameters"), table(["name", "where", "type", ""], parameters.map((one) => [
        one.name, one.in, typeOf(one.schema), one.required ? "required" : "",
      ])));
    }
    if (operation.requestBody) parts.push(...shape("Body", operation.requestBody.content));
    for (const [status, answer] of Object.entries(operation.responses || {})) {
      if (status === "default") continue;
      parts.push(make("h3", {}, `Answer ${status} ${answer.description || ""}`), ...shape("Body", answer.content));
    }
    return parts;
  };

  const show = async (place, response, took) => {
    const type = response.headers.get("Content-Type") || "";
    const lines = [`${response.status} ${response.statusText} · ${took} ms`];
    for (const [name, value] of response.headers) lines.push(`${name}: ${value}`);
    const head = make("pre", {}, lines.join("\n"));
    const body = await response.blob();
    if (type.startsWith("image/")) {
      const address = URL.createObjectURL(body);
      place.replaceChildren(head, make("img", { src: address, alt: "the picture of the answer" }));
    } else if (/json|text|xml|html/.test(type) || !type) {
      let text = await body.text();
      if (/json/.test(type)) { try { text = JSON.stringify(JSON.parse(text), null, 2); } catch { /* shown as it came */ } }
      place.replaceChildren(head, make("pre", {}, text));
    } else {
      const link = make("a", { href: URL.createObjectURL(body), download: "answer" }, `Save ${body.size} bytes`);
      place.replaceChildren(head, link);
    }
  };

  const tryOut = (method, path, operation) => {
    const form = make("form", {}, make("h3", {}, "Try it"));
    const inputs = (operation.parameters || []).map((parameter) => {
      const input = make("input", { autocomplete: "off" });
      if (parameter.required) input.required = true;
      form.append(make("label", { class: "field" }, `${parameter.name} (${parameter.in})`, input));
      return { parameter, input };
    });
    const content = operation.requestBody && operation.requestBody.content;
    const upload = content && content["multipart/form-data"];
    let body = null;
    let file = null;
    if (upload) {
      file = make("input", { type: "file", accept: "image/png,image/jpeg" });
      form.append(make("label", { class: "field" }, "file", file));
    } else if (content) {
      body = make("textarea", { spellcheck: "false" });
      body.value = JSON.stringify(sample(Object.values(content)[0].schema), null, 2);
      form.append(make("label", { class: "field" }, "body", body));
    }
    const answer = make("div", { class: "answer", role: "status", "aria-live": "polite" });
    form.append(make("button", { type: "submit" }, `Send ${method}`), answer);
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      let target = path;
      const query = new URLSearchParams();
      const headers = {};
      for (const { parameter, input } of inputs) {
        if (parameter.in === "path") target = target.replace(`{${parameter.name}}`, encodeURIComponent(input.value));
        else if (input.value !== "" && parameter.in === "query") query.set(parameter.name, input.value);
        else if (input.value !== "" && parameter.in === "header") headers[parameter.name] = input.value;
      }
      const credential = byID("credential").value.trim();
      if (credential) headers.Authorization = `Bearer ${credential}`;
      const request = { method, headers, credentials: "omit", redirect: "manual" };
      if (file && file.files.length) {
        request.body = new FormData();
        request.body.append(Object.keys(plain(upload.schema).properties)[0], file.files[0]);
      } else if (body) {
        headers["Content-Type"] = "application/json";
        request.body = body.value;
      }
      answer.replaceChildren("Waiting …");
      const began = performance.now();
      try {
        const response = await fetch(target + (query.size ? `?${query}` : ""), request);
        await show(answer, response, Math.round(performance.now() - began));
      } catch (error) {
        answer.replaceChildren(make("pre", {}, String(error)));
      }
    });
    return form;
  };

  const entry = (method, path, operation) => {
    const id = operation.operationId || `${method}${path}`;
    const details = make("details", { id });
    details.append(make("summary", {},
      make("span", { class: `method ${method}` }, method), make("span", { class: "path" }, path),
      make("span", { class: "words" }, operation.summary || ""),
      make("span", { class: "right" }, operation["x-right"] || "")));
    // Filled when it is opened: hundreds of forms at once would make the page slow.
    details.addEventListener("toggle", () => {
      if (!details.open) return;
      // So that the address leads here again, without a step back for each one opened.
      history.replaceState(null, "", `#${encodeURIComponent(id)}`);
      if (details.querySelector(".inside")) return;
      details.append(make("div", { class: "inside" }, ...describe(operation), tryOut(method, path, operation)));
    });
    const text = [method, path, operation.summary, (operation.tags || []).join(" ")].join(" ").toLowerCase();
    return { tag: (operation.tags || ["other"])[0], path, details, text };
  };

  const filter = () => {
    const words = byID("search").value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const one of entries) {
      one.details.hidden = !words.every((word) => one.text.includes(word));
      if (!one.details.hidden) count += 1;
    }
    for (const section of document.querySelectorAll("section")) {
      section.hidden = !section.querySelector("details:not([hidden])");
    }
    byID("found").textContent = `${count} of ${entries.length} operations`;
  };

  const openLinked = () => {
    const target = location.hash && byID(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    target.open = true;
    target.scrollIntoView();
  };

  const load = async () => {
    const response = await fetch("openapi.json");
    if (!response.ok) throw new Error(`the document cannot be read: ${response.status}`);
    const document_ = await response.json();
    schemas = (document_.components && document_.components.schemas) || {};
    byID("title").textContent = `${document_.info.title} API`;
    byID("version").textContent = document_.info.version;
    for (const [path, item] of Object.entries(document_.paths).sort(([a], [b]) => (a < b ? -1 : 1))) {
      for (const method of methods) {
        if (item[method]) entries.push(entry(method.toUpperCase(), path, item[method]));
      }
    }
    for (const tag of [...new Set(entries.map((one) => one.tag))].sort()) {
      const section = make("section", { "aria-label": tag }, make("h2", {}, tag));
      section.append(...entries.filter((one) => one.tag === tag).map((one) => one.details));
      byID("operations").append(section);
    }
    filter();
    openLinked();
  };

  byID("search").addEventListener("input", filter);
  byID("search").addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      byID("search").value = "";
      filter();
    } else if (event.key === "Enter") {
      const first = document.querySelector("details:not([hidden])");
      if (!first) return;
      event.preventDefault();
      first.open = true;
      first.querySelector("summary").focus();
    }
  });
  addEventListener("hashchange", openLinked);
  addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || /INPUT|TEXTAREA/.test(event.target.tagName)) return;
    event.preventDefault();
    byID("search").focus();
  });
  byID("bar").addEventListener("submit", (event) => event.preventDefault());
  load().catch((error) => { byID("found").textContent = String(error); });
})();
