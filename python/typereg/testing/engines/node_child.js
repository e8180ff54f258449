// Runs inside the child process: answers questions with Node's V8. See `process.py`.
"use strict";
const { createInterface } = require("node:readline");

const read = (text) => new WebAssembly.Module(Buffer.from(text, "base64"));

function answer(request) {
  if (request.op === "valid") {
    try {
      read(request.wasm);
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
  const rows = [];
  for (const text of request.consumers) {
    let consumer;
    try {
      consumer = read(text);
    } catch (error) {
      rows.push(`consumer: ${error}`);
      continue;
    }
    // Whatever names the consumer imports by, it is given the export.
    const [wanted] = WebAssembly.Module.imports(consumer);
    const row = [];
    for (const name of request.exports) {
      try {
        const instance = new WebAssembly.Instance(consumer, {
          [wanted.module]: { [wanted.name]: provider.exports[name] },
        });
        row.push(request.run ? instance.exports.t() : 1);
      } catch (error) {
        if (!(error instanceof WebAssembly.LinkError)) return { refused: `instance: ${error}` };
        row.push(0);
      }
    }
    rows.push(row);
  }
  return { rows };
}

createInterface({ input: process.stdin }).on("line", (line) => {
  process.stdout.write(JSON.stringify(answer(JSON.parse(line))) + "\n");
});
