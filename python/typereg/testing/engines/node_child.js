// Runs inside the child process: answers questions with Node's V8. See `process.py`.
"use strict";
const fs = require("node:fs");

// An error per link that fails, and nobody reads where it came from.
Error.stackTraceLimit = 0;

const KEPT = 64;
const modules = new Map();

function read(text) {
  let module = modules.get(text);
  if (module === undefined) {
    module = new WebAssembly.Module(Buffer.from(text, "base64"));
    if (modules.size >= KEPT) modules.delete(modules.keys().next().value);
    modules.set(text, module);
  }
  return module;
}

function answer(request) {
  if (request.op === "valid") {
    try {
      new WebAssembly.Module(Buffer.from(request.wasm, "base64"));
    } catch (error) {
      return { valid: false, why: String(error) };
    }
    return { valid: true };
  }
  let provider;
  try {
    provider = new WebAssembly.Instance(read(request.provider), {});
  } catch (error) {
    return { refused: `provider: ${error}` };
  }
  const tables = request.tables.map(({ exports, consumers, run }) => {
    const items = exports.map((name) => provider.exports[name]);
    return consumers.map((text) => link(items, text, run));
  });
  return { tables };
}

function link(items, text, run) {
  let consumer;
  try {
    consumer = read(text);
  } catch (error) {
    return { refused: `consumer: ${error}` };
  }
  // Whatever names the consumer imports by, it is given the export.
  const [wanted] = WebAssembly.Module.imports(consumer);
  let row = "";
  for (const item of items) {
    try {
      const imports = { [wanted.module]: { [wanted.name]: item } };
      const instance = new WebAssembly.Instance(consumer, imports);
      row += run ? tested(instance.exports.t) : 1;
    } catch (error) {
      if (!(error instanceof WebAssembly.LinkError)) return { refused: `instance: ${error}` };
      row += "0";
    }
  }
  return row;
}

function tested(t) {
  try {
    return t();
  } catch (error) {
    if (!(error instanceof WebAssembly.RuntimeError)) throw error;
    return 0; // a trap
  }
}

function write(what) {
  let data = Buffer.from(JSON.stringify(what) + "\n");
  while (data.length) data = data.subarray(fs.writeSync(1, data));
}

write({ ready: `node ${process.versions.node} (V8 ${process.versions.v8})` });
const chunk = Buffer.alloc(1 << 16);
let parts = [];
for (;;) {
  const size = fs.readSync(0, chunk);
  if (!size) break;
  let start = 0;
  for (let end; (end = chunk.subarray(0, size).indexOf(10, start)) >= 0; start = end + 1) {
    parts.push(Buffer.from(chunk.subarray(start, end)));
    write(answer(JSON.parse(Buffer.concat(parts).toString())));
    parts = [];
  }
  parts.push(Buffer.from(chunk.subarray(start, size)));
}
