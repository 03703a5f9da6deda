// Judging how long something took on a machine that others are busy on too.
import os from "node:os";

/**
 * How many processes wanted each core lately, at least 1: so many times as long as on an
 * idle machine may everything take. What is slow by itself shows where this is 1.
 */
export const crowding = () => Math.max(1, os.loadavg()[0] / os.availableParallelism());
