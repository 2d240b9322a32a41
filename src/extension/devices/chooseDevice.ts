/** Choosing where runs train, and setting up a graphics device: every device with what keeps it from use, checked again as often as one likes. The devices are tried in processes of their own. */
import * as vscode from "vscode";
import { cudaFolderOf, type DeviceSetting, deviceSetting, setCudaFolder, setDevice } from "../settings";
import { mayRun } from "../workspace";

interface DeviceItem extends vscode.QuickPickItem { readonly act?: () => Promise<"again" | "done"> }

/** Workers find CUDA by their environment, which they have from this process. */
export const passOnCudaFolder = (): void => {
  const folder = cudaFolderOf();
  if (folder) process.env.TUNESMITH_CUDA = folder;
  else if (passedOn) delete process.env.TUNESMITH_CUDA;
  passedOn = folder !== "";
};
let passedOn = false;

/** `title` is the command's. Devices are for choosing, what is under them for setting up. */
export const chooseDevice = async (title: string): Promise<void> => {
  if (!await mayRun()) return;
  for (let next: "again" | "done" | undefined = "again"; next === "again";) next = await (await ask(title))?.act?.();
};

/** The pick shows at once, busy, and fills when the devices have been tried. */
const ask = (title: string): Promise<DeviceItem | undefined> => {
  const pick = vscode.window.createQuickPick<DeviceItem>();
  Object.assign(pick, { title, placeholder: "Trying the devices of this machine…", matchOnDescription: true, matchOnDetail: true, busy: true });
  return new Promise<DeviceItem | undefined>((settle, fail) => {
    pick.onDidAccept(() => { if (pick.selectedItems[0]?.act) settle(pick.selectedItems[0]); });
    pick.onDidHide(() => settle(undefined));
    pick.show();
    items().then((found) => {
      pick.items = found;
      pick.activeItems = found.filter(({ picked }) => picked);
      pick.busy = false;
      pick.placeholder = "Where runs train that do not say so themselves";
    }, fail);
  }).finally(() => pick.dispose());
};

const items = async (): Promise<DeviceItem[]> => {
  const { listDevices } = await import("../../project/devices"), devices = await listDevices(), chosen = deviceSetting();
  const choose = (device: DeviceSetting) => async (): Promise<"done"> => {
    await setDevice(device);
    void vscode.window.showInformationMessage(device === "auto" ? "Runs train on the fastest device whose first step agrees with the CPU's." : `Runs train on ${device} from now on.`);
    return "done";
  };
  const current = (device: string): string => (device === chosen ? " · chosen" : "");
  const automatic: DeviceItem = { label: "$(sparkle) auto", description: `the fastest whose first step agrees with the CPU's${current("auto")}`, picked: chosen === "auto", act: choose("auto") };
  const usable = devices.filter(({ usable: works }) => works).map(({ name, why, memoryBytes }): DeviceItem => ({
    label: `$(pass) ${name}`, description: [memoryBytes === null ? "" : `${(memoryBytes / 2 ** 30).toFixed(1)} GiB`, "self-check passed"].filter(Boolean).join(" · ") + current(name), detail: why, picked: name === chosen, act: choose(name as DeviceSetting),
  }));
  const others = devices.filter(({ usable: works }) => !works).map(({ name, why }): DeviceItem => ({ label: `$(circle-slash) ${name}`, description: `not usable${current(name)}`, detail: why, act: () => explain(name, why) }));
  const command = /`(pip install [^`]+)`/.exec(devices.find(({ name }) => name === "cuda")?.why ?? "")?.[1];
  const actions: DeviceItem[] = [
    { label: "$(refresh) Check Again", alwaysShow: true, act: () => Promise.resolve("again") },
    ...(command ? [{ label: "$(copy) Copy the Command That Installs CUDA's Libraries", description: command, act: async (): Promise<"done"> => { await vscode.env.clipboard.writeText(command); return "done"; } }] : []),
    ...(process.platform === "linux" ? [{ label: "$(folder-opened) Choose the Folder with CUDA's Libraries…", description: cudaFolderOf(), act: browseCuda }] : []),
  ];
  const separator = (label: string): DeviceItem => ({ label, kind: vscode.QuickPickItemKind.Separator });
  return [automatic, ...usable, separator("Not usable here"), ...others, separator("Set up"), ...actions];
};

/** A detail is cut at the pick's width; this one is not. */
const explain = async (name: string, why: string): Promise<"again" | "done"> => {
  const again = "Check Again";
  return await vscode.window.showInformationMessage(`${name} is not usable here.`, { modal: true, detail: why.replace(/`/g, "") }, again) === again ? "again" : "done";
};

const browseCuda = async (): Promise<"again" | "done"> => {
  const [folder] = await vscode.window.showOpenDialog({ title: "Folder with libonnxruntime_providers_cuda.so", openLabel: "Use This", canSelectFiles: false, canSelectFolders: true }) ?? [];
  if (!folder) return "done";
  await setCudaFolder(folder.fsPath);
  passOnCudaFolder();
  return "again";
};
