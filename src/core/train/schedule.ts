/** The learning rate of every step, as Hugging Face's schedulers have it. */

export interface ScheduleSettings { readonly lr_scheduler_type: "constant" | "linear" | "cosine"; readonly learning_rate: number; readonly warmup_steps: number }

/** Learning rate of step 0, 1, …: warm-up from 0 (so step 0 of a warmed-up run moves nothing), then the chosen shape down to 0 at `totalSteps`. */
export function learningRate({ lr_scheduler_type: kind, learning_rate: peak, warmup_steps: warmup }: ScheduleSettings, step: number, totalSteps: number): number {
  if (step < warmup) return (peak * step) / warmup;
  const progress = Math.min(1, (step - warmup) / Math.max(1, totalSteps - warmup));
  switch (kind) {
    case "constant": return peak;
    case "linear": return peak * (1 - progress);
    case "cosine": return peak * 0.5 * (1 + Math.cos(Math.PI * progress));
  }
}
