// The stand-in gateway's subscriptions: server-sent events that a test emits, drops, ends or keeps silent.
import { execute, getOperationAST, parse } from 'graphql';

/** Milliseconds between signs of life, as the gateway gives them. */
const PING = 10_000;

/** Whether an operation is one to be streamed. */
export function isSubscription(source, operationName) {
  return getOperationAST(parse(source), operationName)?.operation === 'subscription';
}

/** All streams there have been: `open` says which still are. */
export function streamsOf(schema) {
  const all = [];
  return {
    all,
    /** Those that are open now, of one field or of any. */
    open: (field) => all.filter((it) => it.open && (!field || it.field === field)),
    /** Tells something to whoever listens to a field. */
    async emit(field, event, only = () => true) {
      const said = { id: crypto.randomUUID(), occurredAt: new Date().toISOString(), ...event };
      const hearing = all.filter((it) => it.open && it.field === field && only(it.variables));
      await Promise.all(hearing.map((it) => it.emit(said)));
      return hearing.length;
    },
    /** Answers a request with a stream. */
    begin({ source, body, request, response, silent }) {
      const document = parse(source);
      const { selectionSet } = getOperationAST(document, body.operationName);
      const field = selectionSet.selections.find((it) => it.name.value !== '__typename').name.value;
      response.writeHead(200, {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
      });
      response.write(':\n\n');
      const ping = silent ? null : setInterval(() => response.write(':\n\n'), PING);
      const stream = {
        field,
        variables: body.variables,
        authorization: request.headers.authorization,
        open: true,
        async emit(event) {
          const rootValue = { [field]: event };
          const { variables: variableValues, operationName } = body;
          const result = await execute({ schema, document, rootValue, variableValues, operationName });
          if (result.errors) throw result.errors[0];
          response.write(`event: next\ndata: ${JSON.stringify(result)}\n\n`);
        },
        /** Breaks off without a word. */
        drop: () => request.socket.destroy(),
        /** Ends as it should. */
        complete: () => response.end('event: complete\ndata:\n\n'),
      };
      response.on('close', () => {
        stream.open = false;
        clearInterval(ping);
      });
      all.push(stream);
    },
  };
}
