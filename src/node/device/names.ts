/** The devices that can be opened, by name; apart from what opens them, so that a window can name them without loading a runtime. */
export const graphicsNames = ["cuda", "webgpu"] as const;
export type GraphicsName = (typeof graphicsNames)[number];
export type DeviceName = "cpu" | GraphicsName;
export const isDeviceName = (name: string | undefined): name is DeviceName => name === "cpu" || graphicsNames.some((each) => each === name);
