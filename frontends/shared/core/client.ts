// The GraphQL client: a cache over requests that each have one answer. What streams goes another way, see stream.ts.
import {
  Client,
  type Exchange,
  makeErrorResult,
  makeResult,
  type Operation,
  type OperationResult,
} from 'urql';
import { filter, make, mergeMap, pipe, takeUntil } from 'wonka';
import type { Host } from './host';
import { ENDPOINT, send, sentAs } from './transport';

/** Milliseconds after which an answer is no longer waited for; the gateway's own limit is shorter. */
const PATIENCE = 30_000;

const ANSWER = 'application/graphql-response+json, application/json;q=0.9';

export function makeClient(host: Host, cache: Exchange): Client {
  return new Client({ url: ENDPOINT, preferGetMethod: false, exchanges: [cache, requests(host)] });
}

/** Asks the gateway. urql's own way is made for answers in parts, too, which take a good deal of code to read. */
function requests(host: Host): Exchange {
  return () => (operations) =>
    pipe(
      operations,
      filter(({ kind }) => kind === 'query' || kind === 'mutation'),
      mergeMap((operation) =>
        pipe(
          make<OperationResult>(({ next, complete }) => {
            const life = new AbortController();
            const run = async () => {
              // A view that only looks for what is cached lets go at once, and nothing is asked for it.
              await Promise.resolve();
              const result = life.signal.aborted ? null : await answerTo(host, operation, life.signal);
              if (result && !life.signal.aborted) {
                next(result);
                complete();
              }
            };
            void run();
            return () => life.abort();
          }),
          takeUntil(
            pipe(
              operations,
              filter(({ kind, key }) => kind === 'teardown' && key === operation.key),
            ),
          ),
        ),
      ),
    );
}

/** The answer, or the reason why there is none. */
export async function answerTo(
  host: Host,
  operation: Operation,
  life: AbortSignal,
): Promise<OperationResult> {
  let answer: Response | undefined;
  try {
    const { query, variables } = operation;
    answer = await send(host, { ...sentAs(query), variables }, ANSWER, () =>
      AbortSignal.any([life, AbortSignal.timeout(PATIENCE)]),
    );
    return makeResult(operation, await answer.json(), answer);
  } catch (error) {
    return makeErrorResult(operation, error as Error, answer);
  }
}
