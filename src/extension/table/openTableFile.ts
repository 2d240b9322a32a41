/** Opens a dataset as the table reads it, with the columns that a run config of this workspace describes. */
import type * as vscode from "vscode";
import { TableFile } from "../../node/table/tableFile";
import { configColumnsSoon } from "../dataset/datasetInfo";

/** As `TableFile.open`. */
export const openTableFile = (uri: vscode.Uri, progress: () => void, source = uri.fsPath): Promise<TableFile> => TableFile.open(uri.fsPath, progress, source, configColumnsSoon(uri));
