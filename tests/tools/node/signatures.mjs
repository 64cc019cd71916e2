// Verifies webhooks as an institution's receiver would: one JSON object a line in, one out.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const { Webhook } = createRequire(`${process.cwd()}/`)("standardwebhooks");

for await (const line of createInterface({ input: process.stdin })) {
  const { secret, headers, body } = JSON.parse(line);
  try {
    console.log(JSON.stringify({ verified: new Webhook(secret).verify(body, headers) }));
  } catch (error) {
    console.log(JSON.stringify({ refused: error.message }));
  }
}
