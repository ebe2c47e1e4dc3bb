// Waiting for what has to become so. A test never waits for a while and hopes.

/** Milliseconds in which a thing has to become so, on a busy machine. */
const PATIENCE = 10_000;

/** Tries until it holds; when it does not in time, its last failure is the test's. */
export async function eventually(holds) {
  for (const begun = Date.now(); ; ) {
    try {
      return await holds();
    } catch (failure) {
      if (Date.now() - begun > PATIENCE) throw failure;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** Keeps the stand-in gateway's answers back until `world.release()`. */
export function hold(world) {
  world.held = new Promise((resolve) => {
    world.release = resolve;
  });
}

/** Waits until nothing moves any more; what turns for as long as something is read has no end and is let be. */
export async function still(frame) {
  await frame.waitForFunction(() =>
    document
      .getAnimations()
      .every((it) => it.playState === 'finished' || it.effect.getComputedTiming().endTime === Infinity),
  );
}

/** Waits until an add-in has drawn all that it draws by itself, and nothing in it moves any more. */
export async function calm(frame) {
  await frame.waitForFunction(
    () => document.documentElement.dataset.ready === 'true' && !document.querySelector('.skeleton'),
    null,
    { timeout: 30_000 },
  );
  await still(frame);
}
