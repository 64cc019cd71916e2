// Parses the AsyncAPI document on standard input; says what is wrong with it, worst first.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const { Parser } = createRequire(`${process.cwd()}/`)("@asyncapi/parser");
const SEVERITY = ["error", "warning", "information", "hint"];

const { document, diagnostics } = await new Parser().parse(readFileSync(0, "utf8"));
console.log(
  JSON.stringify({
    channels: document ? document.channels().all().map((one) => one.address()) : null,
    operations: document ? document.operations().all().map((one) => one.action()) : null,
    messages: document ? document.allMessages().all().map((one) => one.name()) : null,
    found: diagnostics
      .map((one) => ({
        severity: SEVERITY[one.severity],
        code: one.code,
        path: one.path.join("/"),
        message: one.message,
      }))
      .sort((one, other) => SEVERITY.indexOf(one.severity) - SEVERITY.indexOf(other.severity)),
  }),
);
