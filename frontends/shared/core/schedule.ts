// Runs Preact's effects from a message task instead of after the next frame: a hidden or busy frame can hold its
// frames back for a hundred milliseconds and more, and the first query leaves from an effect.
import { options } from 'preact';

const channel = new MessageChannel();
const due: (() => void)[] = [];
channel.port1.onmessage = () => {
  for (const run of due.splice(0)) {
    run();
  }
};

(options as { requestAnimationFrame?: (run: () => void) => void }).requestAnimationFrame = (run) => {
  due.push(run);
  channel.port2.postMessage(0);
};
