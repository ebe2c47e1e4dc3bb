// A subscriber over an event stream, which asks again whenever the stream ends.

/** Milliseconds before it asks again; a person's client waits longer, and at random. */
const PAUSE = 100;

export class Subscriber {
  /** `listen()` gives where to ask and as whom, anew each time: `{ url, token }`. */
  constructor(name, listen, query) {
    this.name = name;
    this.query = query;
    /** Answers of the one field that is asked for, in their order. */
    this.heard = [];
    /** How many streams it had. */
    this.streams = 0;
    this.problems = [];
    this.#running = this.#run(listen);
  }

  #running;
  #listening = false;
  #closing = new AbortController();

  /** Whether the gateway is known to listen for it. */
  get isListening() {
    return this.#listening;
  }

  async close() {
    this.#closing.abort();
    await this.#running;
  }

  async #run(listen) {
    while (!this.#closing.signal.aborted) {
      try {
        await this.#read(await listen());
      } catch (error) {
        if (this.#closing.signal.aborted) return;
        // A gateway that is killed breaks its streams off: that is no problem, and neither is one that is not there.
        if (error instanceof Refused) this.problems.push(error.message);
      } finally {
        this.#listening = false;
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
  }

  async #read({ url, token }) {
    const response = await fetch(`${url}/graphql`, {
      method: "POST",
      headers: { accept: "text/event-stream", "content-type": "application/json", authorization: `Bearer ${token}` },
      body: JSON.stringify({ query: this.query }),
      signal: this.#closing.signal,
    });
    // A balancer without a gateway says 502 or 503.
    if (response.status >= 500) return;
    if (response.status !== 200) throw new Refused(`${response.status} ${await response.text()}`);
    this.streams += 1;
    this.#listening = true;
    let text = "";
    for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
      text += piece;
      for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
        this.#take(text.slice(0, end));
        text = text.slice(end + 2);
      }
    }
  }

  #take(part) {
    const [event, data] = part.split("\n");
    if (event !== "event: next") return;
    const { data: said, errors } = JSON.parse(data.slice("data:".length));
    if (errors) this.problems.push(JSON.stringify(errors));
    else this.heard.push(Object.values(said)[0]);
  }
}

class Refused extends Error {}
