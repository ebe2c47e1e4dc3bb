// What a subscription's client is told, kept until it is asked for.

import assert from "node:assert/strict";

/** A sink of `graphql-ws` or `graphql-sse` whose results, error and end are waited for. */
export class Sink {
  #told = [];
  #waiting = [];

  next = (result) => this.#tell({ result });
  error = (error) => this.#tell({ error });
  complete = () => this.#tell({ end: true });

  #tell(told) {
    const waiting = this.#waiting.shift();
    if (waiting) waiting(told);
    else this.#told.push(told);
  }

  /** What comes next, whatever it is. */
  async heard() {
    return this.#told.shift() ?? (await new Promise((resolve) => this.#waiting.push(resolve)));
  }

  /** The next result, which must be one. */
  async result() {
    const told = await this.heard();
    assert.ok(told.result, `no result but ${JSON.stringify(told)}`);
    return told.result;
  }

  /** The next comment that an issue's subscription tells of. */
  async comment() {
    const { data, errors } = await this.result();
    assert.equal(errors, undefined);
    assert.equal(data.issueEvents.kind, "COMMENTED");
    return data.issueEvents.commentId;
  }

  /** The error, which must be what is said next. */
  async failure() {
    const told = await this.heard();
    assert.ok(told.error, `no error but ${JSON.stringify(told)}`);
    return told.error;
  }

  /** The end, which must be what is said next. */
  async ended() {
    assert.deepEqual(await this.heard(), { end: true });
  }

  /** Whether nothing is left that was said. */
  isSilent() {
    return this.#told.length === 0;
  }
}
