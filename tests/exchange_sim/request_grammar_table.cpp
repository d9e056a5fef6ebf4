// What requests may hold, as data. One row a line (a line that starts with a space goes on with the row before):
//   element NAME TYPE                   a request
//   group $NAME : ( A=TYPE B=TYPE )     a choice that several types use
//   m|t NAME [is BASE] @ATTRIBUTE ... : PARTICLE ...
//                                       a type whose children live in the messages or types namespace; BASE's come
//                                       first
//   uris URI ...                        the field URIs of items, messages and folders
// A particle is NAME=TYPE or a choice in parentheses, followed by ? * + or nothing. TYPE is a row, "any" (not looked
// into),
// "-" (any text), bool, int, 1..30 (an int between), page (1 to 512), text (not empty), field-uri or {one|of|these}.
// "!" after an attribute: required.
// ">2013" after anything: known since that version.
#include "tests/exchange_sim/request_grammar.hpp"

namespace exchange_sim {

const char request_grammar_table[] = R"table(
element GetFolder GetFolder
element FindFolder FindFolder
element CreateFolder CreateFolder
element UpdateFolder UpdateFolder
element DeleteFolder DeleteFolder
element SyncFolderHierarchy SyncFolderHierarchy
element SyncFolderItems SyncFolderItems
element FindItem FindItem
element GetItem GetItem
element CreateItem CreateItem
element UpdateItem UpdateItem
element DeleteItem DeleteItem
element MoveItem MoveItem
element CopyItem CopyItem
element ResolveNames ResolveNames
element GetServerTimeZones GetServerTimeZones
element MoveFolder MoveFolder
element Subscribe Subscribe
element Unsubscribe Unsubscribe
element GetEvents GetEvents
element GetStreamingEvents GetStreamingEvents
group $path : ( FieldURI=PathToUnindexedField IndexedFieldURI=PathToIndexedField
  ExtendedFieldURI=PathToExtendedField )
group $search : ( Exists=Exists Excludes=Excludes IsEqualTo=IsEqualTo IsNotEqualTo=IsNotEqualTo
  IsGreaterThan=IsGreaterThan IsGreaterThanOrEqualTo=IsGreaterThanOrEqualTo IsLessThan=IsLessThan
  IsLessThanOrEqualTo=IsLessThanOrEqualTo Contains=ContainsExpression Not=Not And=And Or=Or Near=Near )
group $item : ( Item=Item Message=Message SharingMessage=any>2017 CalendarItem=CalendarItem Contact=ContactItem DistributionList=DistributionList
  MeetingMessage=any MeetingRequest=any MeetingResponse=any MeetingCancellation=any Task=Task PostItem=PostItem
  RoleMember=any>2016 Network=any>2016 Person=any>2016 )
group $folder : ( Folder=Folder CalendarFolder=CalendarFolder ContactsFolder=ContactsFolder SearchFolder=any
  TasksFolder=TasksFolder )
m GetFolder : FolderShape=FolderResponseShape FolderIds=NonEmptyArrayOfBaseFolderIds
m FindFolder @Traversal!={Shallow|Deep|SoftDeleted} : FolderShape=FolderResponseShape (
  IndexedPageFolderView=IndexedPageView FractionalPageFolderView=FractionalPageView )? Restriction=Restriction?
  ParentFolderIds=NonEmptyArrayOfBaseFolderIds
m CreateFolder : ParentFolderId=TargetFolderId Folders=NonEmptyArrayOfFolders
m UpdateFolder : FolderChanges=NonEmptyArrayOfFolderChanges
m DeleteFolder @DeleteType!={HardDelete|SoftDelete|MoveToDeletedItems} : FolderIds=NonEmptyArrayOfBaseFolderIds
m SyncFolderHierarchy : FolderShape=FolderResponseShape SyncFolderId=TargetFolderId? SyncState=-?
m SyncFolderItems : ItemShape=ItemResponseShape SyncFolderId=TargetFolderId SyncState=-? Ignore=ArrayOfBaseItemIds?
  MaxChangesReturned=page SyncScope={NormalItems|NormalAndAssociatedItems}?>2010
m FindItem @Traversal!={Shallow|SoftDeleted|Associated} : ItemShape=ItemResponseShape (
  IndexedPageItemView=IndexedPageView FractionalPageItemView=FractionalPageView
  SeekToConditionPageItemView=SeekToConditionPageView>2013 CalendarView=CalendarView ContactsView=any )? ( GroupBy=any
  DistinguishedGroupBy=any )? Restriction=Restriction? SortOrder=NonEmptyArrayOfFieldOrders?
  ParentFolderIds=NonEmptyArrayOfBaseFolderIds QueryString=QueryString?>2010
m GetItem : ItemShape=ItemResponseShape ItemIds=NonEmptyArrayOfBaseItemIds
m CreateItem @MessageDisposition={SaveOnly|SendOnly|SendAndSaveCopy}
  @SendMeetingInvitations={SendToNone|SendOnlyToAll|SendToAllAndSaveCopy} : SavedItemFolderId=TargetFolderId?
  Items=NonEmptyArrayOfAllItems
m UpdateItem @ConflictResolution!={NeverOverwrite|AutoResolve|AlwaysOverwrite}
  @MessageDisposition={SaveOnly|SendOnly|SendAndSaveCopy}
  @SendMeetingInvitationsOrCancellations={SendToNone|SendOnlyToAll|SendOnlyToChanged|SendToAllAndSaveCopy|SendToChangedAndSaveCopy}
  @SuppressReadReceipts=bool>2013_SP1 : SavedItemFolderId=TargetFolderId? ItemChanges=NonEmptyArrayOfItemChanges
m DeleteItem @DeleteType!={HardDelete|SoftDelete|MoveToDeletedItems}
  @SendMeetingCancellations={SendToNone|SendOnlyToAll|SendToAllAndSaveCopy}
  @AffectedTaskOccurrences={AllOccurrences|SpecifiedOccurrenceOnly} @SuppressReadReceipts=bool>2013_SP1 :
  ItemIds=NonEmptyArrayOfBaseItemIds
m MoveItem : ToFolderId=TargetFolderId ItemIds=NonEmptyArrayOfBaseItemIds ReturnNewItemIds=bool?>2010
m CopyItem : ToFolderId=TargetFolderId ItemIds=NonEmptyArrayOfBaseItemIds ReturnNewItemIds=bool?>2010
m ResolveNames @ReturnFullContactData!=bool
  @SearchScope={ActiveDirectory|ActiveDirectoryContacts|Contacts|ContactsActiveDirectory}
  @ContactDataShape={IdOnly|Default|AllProperties|PcxPeopleSearch}>2010_SP2 :
  ParentFolderIds=NonEmptyArrayOfBaseFolderIds? UnresolvedEntry=text
m GetServerTimeZones @ReturnFullTimeZoneData=bool>2010 : Ids=any?>2010
m MoveFolder : ToFolderId=TargetFolderId FolderIds=NonEmptyArrayOfBaseFolderIds
m Subscribe : ( PullSubscriptionRequest=PullSubscriptionRequest PushSubscriptionRequest=any
  StreamingSubscriptionRequest=StreamingSubscriptionRequest>2010_SP1 )
m Unsubscribe : SubscriptionId=text
m GetEvents : SubscriptionId=text Watermark=text
m GetStreamingEvents : SubscriptionIds=NonEmptyArrayOfSubscriptionIds ConnectionTimeout=1..30
t NonEmptyArrayOfSubscriptionIds : SubscriptionId=text+
t PullSubscriptionRequest @SubscribeToAllFolders=bool>2010_SP1 : FolderIds=NonEmptyArrayOfBaseFolderIds?
  EventTypes=NonEmptyArrayOfNotificationEventTypes Watermark=text? Timeout=1..1440
t StreamingSubscriptionRequest @SubscribeToAllFolders=bool : FolderIds=NonEmptyArrayOfBaseFolderIds?
  EventTypes=NonEmptyArrayOfNotificationEventTypes
t NonEmptyArrayOfNotificationEventTypes :
  ( EventType={CopiedEvent|CreatedEvent|DeletedEvent|ModifiedEvent|MovedEvent|NewMailEvent|FreeBusyChangedEvent} )+
t FolderResponseShape : BaseShape={IdOnly|Default|AllProperties|PcxPeopleSearch}
  AdditionalProperties=NonEmptyArrayOfPathsToElement?
t NonEmptyArrayOfBaseFolderIds : ( FolderId=FolderId DistinguishedFolderId=DistinguishedFolderId )+
t IndexedPageView @MaxEntriesReturned=int @Offset!=int @BasePoint!={Beginning|End} :
t FractionalPageView @MaxEntriesReturned=int @Numerator!=int @Denominator!=int :
t Restriction : $search
t TargetFolderId : ( FolderId=FolderId DistinguishedFolderId=DistinguishedFolderId AddressListId=AddressListId>2013
  )
t NonEmptyArrayOfFolders : $folder+
t NonEmptyArrayOfFolderChanges : FolderChange=FolderChange+
t ItemResponseShape : BaseShape={IdOnly|Default|AllProperties|PcxPeopleSearch} IncludeMimeContent=bool?
  BodyType={Best|HTML|Text}? UniqueBodyType={Best|HTML|Text}?>2013 NormalizedBodyType={Best|HTML|Text}?>2013
  FilterHtmlContent=bool?>2010 ConvertHtmlCodePageToUTF8=bool?>2010 InlineImageUrlTemplate=-?>2013
  BlockExternalImages=bool?>2013 AddBlankTargetToLinks=bool?>2013 MaximumBodySize=int?>2013
  AdditionalProperties=NonEmptyArrayOfPathsToElement?
t ArrayOfBaseItemIds : ( ItemId=ItemId )*
t SeekToConditionPageView @MaxEntriesReturned=int @BasePoint!={Beginning|End}>2013 : Condition=Restriction>2013
t NonEmptyArrayOfFieldOrders : FieldOrder=FieldOrder+
m QueryString @ResetCache=bool>2013 @ReturnHighlightTerms=bool>2013 @ReturnDeletedItems=bool>2013 : -
t NonEmptyArrayOfBaseItemIds : ( ItemId=ItemId OccurrenceItemId=OccurrenceItemId
  RecurringMasterItemId=RecurringMasterItemId RecurringMasterItemIdRanges=RecurringMasterItemIdRanges>2013 )+
t NonEmptyArrayOfAllItems : ( Item=Item Message=Message SharingMessage=any>2017 CalendarItem=CalendarItem Contact=ContactItem
  DistributionList=DistributionList MeetingMessage=any MeetingRequest=any MeetingResponse=any MeetingCancellation=any Task=Task
  PostItem=PostItem ReplyToItem=any ForwardItem=any ReplyAllToItem=any AcceptItem=any TentativelyAcceptItem=any
  DeclineItem=any CancelCalendarItem=any RemoveItem=any SuppressReadReceipt=SuppressReadReceipt PostReplyItem=any
  AcceptSharingInvitation=any>2010 RoleMember=any>2016 Network=any>2016 Person=any>2016 )+
t NonEmptyArrayOfItemChanges : ItemChange=ItemChange+
t NonEmptyArrayOfPathsToElement : $path+
t FolderId @Id! @ChangeKey :
t DistinguishedFolderId
  @Id!={calendar|contacts|deleteditems|drafts|inbox|journal|notes|outbox|sentitems|tasks|msgfolderroot|publicfoldersroot|root|junkemail|searchfolders|voicemail|recoverableitemsroot|recoverableitemsdeletions|recoverableitemsversions|recoverableitemspurges|recoverableitemsdiscoveryholds|archiveroot|archivemsgfolderroot|archivedeleteditems|archiveinbox|archiverecoverableitemsroot|archiverecoverableitemsdeletions|archiverecoverableitemsversions|archiverecoverableitemspurges|archiverecoverableitemsdiscoveryholds|syncissues|conflicts|localfailures|serverfailures|recipientcache|quickcontacts|conversationhistory|adminauditlogs|todosearch|mycontacts|directory|imcontactlist|peopleconnect|favorites|mecontact|personmetadata|teamspaceactivity|teamspacemessaging|teamspaceworkitems|scheduled|orionnotes|tagitems|alltaggeditems|externalcontacts|teamchat|teamchathistory|yammerroot|yammerinbound|yammeroutbound|yammerfeeds|onedriveroot|onedriverecylebin|onedrivesystem|onedrivevolume|important|starred|archive}
  @ChangeKey : Mailbox=EmailAddress?
t AddressListId @Id!>2013 :
t Folder is BaseFolder : PermissionSet=any? UnreadCount=int?
t CalendarFolder is BaseFolder : SharingEffectiveRights={None|TimeOnly|TimeAndSubjectAndLocation|FullDetails}?>2010
  PermissionSet=any?
t ContactsFolder is BaseFolder : SharingEffectiveRights={None|FullDetails}?>2010 PermissionSet=any? SourceId=-?>2016
  AccountName=-?>2016
t TasksFolder is Folder :
t FolderChange : ( FolderId=FolderId DistinguishedFolderId=DistinguishedFolderId )
  Updates=NonEmptyArrayOfFolderChangeDescriptions
t ItemId @Id! @ChangeKey :
t FieldOrder @Order!={Ascending|Descending} : $path
t OccurrenceItemId @RecurringMasterId! @ChangeKey @InstanceIndex!=int :
t RecurringMasterItemId @OccurrenceId! @ChangeKey :
t RecurringMasterItemIdRanges @Id! @ChangeKey : Ranges=ArrayOfOccurrenceRanges?>2013
t Item : MimeContent=MimeContent? ItemId=ItemId? ParentFolderId=FolderId? ItemClass=-? Subject=-?
  Sensitivity={Normal|Personal|Private|Confidential}? Body=Body? Attachments=NonEmptyArrayOfAttachments?
  DateTimeReceived=-? Size=int? Categories=ArrayOfStrings? Importance={Low|Normal|High}? InReplyTo=-?
  IsSubmitted=bool? IsDraft=bool? IsFromMe=bool? IsResend=bool? IsUnmodified=bool?
  InternetMessageHeaders=NonEmptyArrayOfInternetHeaders? DateTimeSent=-? DateTimeCreated=-? ResponseObjects=any?
  ReminderDueBy=-? ReminderIsSet=bool? ReminderNextTime=-?>2013 ReminderMinutesBeforeStart=-? DisplayCc=-?
  DisplayTo=-? DisplayBcc=-?>2017 HasAttachments=bool? ExtendedProperty=ExtendedProperty* Culture=-?
  EffectiveRights=any? LastModifiedName=-? LastModifiedTime=-? IsAssociated=bool?>2010
  WebClientReadFormQueryString=-?>2010 WebClientEditFormQueryString=-?>2010 ConversationId=ItemId?>2010
  UniqueBody=Body?>2010 Flag=Flag?>2013 StoreEntryId=-?>2010_SP2 InstanceKey=-?>2013 NormalizedBody=Body?>2013
  EntityExtractionResult=any?>2013 PolicyTag=RetentionTag?>2013 ArchiveTag=RetentionTag?>2013 RetentionDate=-?>2013
  Preview=-?>2013 RightsManagementLicenseData=any?>2013 PredictedActionReasons=any?>2013 IsClutter=bool?>2013
  BlockStatus=bool?>2013 HasBlockedImages=bool?>2013 TextBody=Body?>2013
  IconIndex=-?>2013
  SearchKey=-?>2016 SortKey=-?>2016 Hashtags=ArrayOfStrings?>2016 Mentions=ArrayOfRecipients?>2016
  MentionedMe=bool?>2016 MentionsPreview=any?>2017 MentionsEx=any?>2016 AppliedHashtags=any?>2017
  AppliedHashtagsPreview=any?>2017 Likes=any?>2017 LikesPreview=any?>2017
  PendingSocialActivityTagIds=ArrayOfStrings?>2016 AtAllMention=bool?>2017 CanDelete=bool?>2017
  InferenceClassification={Focused|Other}?>2017
t Message is Item : Sender=SingleRecipient? ToRecipients=ArrayOfRecipients? CcRecipients=ArrayOfRecipients?
  BccRecipients=ArrayOfRecipients? IsReadReceiptRequested=bool? IsDeliveryReceiptRequested=bool?
  ConversationIndex=-? ConversationTopic=-? From=SingleRecipient? InternetMessageId=-? IsRead=bool?
  IsResponseRequested=bool? References=-? ReplyTo=ArrayOfRecipients? ReceivedBy=SingleRecipient?
  ReceivedRepresenting=SingleRecipient? ApprovalRequestData=any?>2013 VotingInformation=any?>2013
  ReminderMessageData=any?>2013 MessageSafety=any?>2017 SenderSMTPAddress=SmtpAddress?>2016 MailboxGuids=any?>2016
  PublishedCalendarItemIcs=-?>2017 PublishedCalendarItemName=-?>2017
t CalendarItem is Item : UID=-? RecurrenceId=-? DateTimeStamp=-? Start=-? End=-? OriginalStart=-? IsAllDayEvent=bool?
  LegacyFreeBusyStatus={Free|Tentative|Busy|OOF|WorkingElsewhere|NoData}? Location=-? When=-? IsMeeting=bool?
  IsCancelled=bool? IsRecurring=bool? MeetingRequestWasSent=bool? IsResponseRequested=bool?
  CalendarItemType={Single|Occurrence|Exception|RecurringMaster}? MyResponseType=-? Organizer=SingleRecipient?
  RequiredAttendees=ArrayOfAttendees? OptionalAttendees=ArrayOfAttendees? Resources=ArrayOfAttendees?
  InboxReminders=any?>2016 ConflictingMeetingCount=int? AdjacentMeetingCount=int? ConflictingMeetings=any?
  AdjacentMeetings=any? Duration=-? TimeZone=-? AppointmentReplyTime=-? AppointmentSequenceNumber=int?
  AppointmentState=int? Recurrence=Recurrence? FirstOccurrence=any? LastOccurrence=any? ModifiedOccurrences=any?
  DeletedOccurrences=any? MeetingTimeZone=MeetingTimeZone? StartTimeZone=TimeZoneDefinition?>2010
  EndTimeZone=TimeZoneDefinition?>2010 ConferenceType=int? AllowNewTimeProposal=bool? IsOnlineMeeting=bool?
  MeetingWorkspaceUrl=-? NetShowUrl=-? EnhancedLocation=any?>2013 StartWallClock=-?>2013 EndWallClock=-?>2013
  StartTimeZoneId=-?>2013 EndTimeZoneId=-?>2013 IntendedFreeBusyStatus=-?>2013 JoinOnlineMeetingUrl=-?>2013
  OnlineMeetingSettings=any?>2013 IsOrganizer=bool?>2013 CalendarActivityData=any?>2016 DoNotForwardMeeting=bool?>2017
t ArrayOfAttendees : Attendee=Attendee+
t Attendee : Mailbox=EmailAddress ResponseType=-? LastResponseTime=-? ProposedStart=-?>2013 ProposedEnd=-?>2013
t Recurrence : ( RelativeYearlyRecurrence=RelativeYearly AbsoluteYearlyRecurrence=AbsoluteYearly
  RelativeMonthlyRecurrence=RelativeMonthly AbsoluteMonthlyRecurrence=AbsoluteMonthly WeeklyRecurrence=Weekly
  DailyRecurrence=Daily ) ( NoEndRecurrence=NoEnd EndDateRecurrence=EndDate NumberedRecurrence=Numbered )
t RelativeYearly :
  DaysOfWeek={Sunday|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Day|Weekday|WeekendDay}
  DayOfWeekIndex={First|Second|Third|Fourth|Last}
  Month={January|February|March|April|May|June|July|August|September|October|November|December}
t AbsoluteYearly : DayOfMonth=int
  Month={January|February|March|April|May|June|July|August|September|October|November|December}
t RelativeMonthly : Interval=int
  DaysOfWeek={Sunday|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Day|Weekday|WeekendDay}
  DayOfWeekIndex={First|Second|Third|Fourth|Last}
t AbsoluteMonthly : Interval=int DayOfMonth=int
t Weekly : Interval=int DaysOfWeek=-
  FirstDayOfWeek={Sunday|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Day|Weekday|WeekendDay}?>2010
t Daily : Interval=int
t NoEnd : StartDate=-
t EndDate : StartDate=- EndDate=-
t Numbered : StartDate=- NumberOfOccurrences=int
t MeetingTimeZone @TimeZoneName : BaseOffset=-? Standard=any? Daylight=any?
t TimeZoneDefinition @Id @Name>2010 : Periods=any? TransitionsGroups=any? Transitions=any?
t CalendarView @MaxEntriesReturned=int @StartDate! @EndDate! :
t PostItem is Item : ConversationIndex=-? ConversationTopic=-? From=SingleRecipient? InternetMessageId=-?
  IsRead=bool? PostedTime=-? References=-? Sender=SingleRecipient?
t SuppressReadReceipt @ObjectName : ReferenceItemId=ItemId?
t ItemChange : ( ItemId=ItemId OccurrenceItemId=OccurrenceItemId RecurringMasterItemId=RecurringMasterItemId )
  Updates=NonEmptyArrayOfItemChangeDescriptions CalendarActivityData=any?>2017
t PathToUnindexedField @FieldURI!=field-uri :
t PathToIndexedField
  @FieldURI!={item:InternetMessageHeader|contacts:ImAddress|contacts:PhysicalAddress:Street|contacts:PhysicalAddress:City|contacts:PhysicalAddress:State|contacts:PhysicalAddress:CountryOrRegion|contacts:PhysicalAddress:PostalCode|contacts:PhoneNumber|contacts:EmailAddress|distributionlist:Members:Member}
  @FieldIndex! :
t PathToExtendedField
  @DistinguishedPropertySetId={Meeting|Appointment|Common|PublicStrings|Address|InternetHeaders|CalendarAssistant|UnifiedMessaging|Task|Sharing}
  @PropertySetId @PropertyTag @PropertyName @PropertyId=int
  @PropertyType!={ApplicationTime|ApplicationTimeArray|Binary|BinaryArray|Boolean|CLSID|CLSIDArray|Currency|CurrencyArray|Double|DoubleArray|Error|Float|FloatArray|Integer|IntegerArray|Long|LongArray|Null|Object|ObjectArray|Short|ShortArray|SystemTime|SystemTimeArray|String|StringArray}
  :
t EmailAddress : Name=-? EmailAddress=-? RoutingType=-?
  MailboxType={Unknown|OneOff|Mailbox|PublicDL|PrivateDL|Contact|PublicFolder|GroupMailbox|ImplicitContact}?
  ItemId=ItemId? OriginalDisplayName=-?>2013
t BaseFolder : FolderId=FolderId? ParentFolderId=FolderId? FolderClass=-? DisplayName=-? TotalCount=int?
  ChildFolderCount=int? ExtendedProperty=ExtendedProperty* ManagedFolderInformation=any? EffectiveRights=any?
  DistinguishedFolderId=-?>2013
  PolicyTag=RetentionTag?>2013 ArchiveTag=RetentionTag?>2013 ReplicaList=ArrayOfStrings?>2016
t NonEmptyArrayOfFolderChangeDescriptions : ( AppendToFolderField=AppendToFolderField SetFolderField=SetFolderField
  DeleteFolderField=DeleteFolderField )+
t ArrayOfOccurrenceRanges : Range=OccurrencesRange+>2013
t MimeContent @CharacterSet : -
t Body @BodyType!={HTML|Text} @IsTruncated=bool>2013 : -
t NonEmptyArrayOfAttachments : ( ItemAttachment=ItemAttachment FileAttachment=FileAttachment
  ReferenceAttachment=ReferenceAttachment>2016 )+
t ArrayOfStrings : String=-*
t NonEmptyArrayOfInternetHeaders : InternetMessageHeader=InternetHeader+
t ExtendedProperty : ExtendedFieldURI=PathToExtendedField ( Value=- Values=NonEmptyArrayOfPropertyValues )
t Flag : FlagStatus={NotFlagged|Flagged|Complete}>2013 StartDate=-?>2013 DueDate=-?>2013 CompleteDate=-?>2013
t RetentionTag @IsExplicit!=bool>2013 : -
t ArrayOfRecipients : ( Mailbox=EmailAddress )*
t SingleRecipient : ( Mailbox=EmailAddress )
t SmtpAddress : -
t NonEmptyArrayOfItemChangeDescriptions : ( AppendToItemField=AppendToItemField SetItemField=SetItemField
  DeleteItemField=DeleteItemField )+
t AppendToFolderField : $path $folder
t SetFolderField : $path $folder
t DeleteFolderField : $path
t OccurrencesRange @Start>2013 @End>2013 @Count=int>2013 @CompareOriginalStartTime=bool>2013 :
t ItemAttachment is Attachment : ( Item=Item Message=Message SharingMessage=any>2017 CalendarItem=CalendarItem Contact=ContactItem
  MeetingMessage=any MeetingRequest=any MeetingResponse=any MeetingCancellation=any Task=Task PostItem=PostItem
  RoleMember=any>2016 Network=any>2016 Person=any>2016 )?
t FileAttachment is Attachment : IsContactPhoto=bool?>2010 Content=-?
t ReferenceAttachment is Attachment : AttachLongPathName=-?>2013 ProviderType=-?>2016 ProviderEndpointUrl=-?>2016
  AttachmentThumbnailUrl=-?>2016 AttachmentPreviewUrl=-?>2016 PermissionType=int?>2016
  OriginalPermissionType=int?>2017 AttachmentIsFolder=bool?>2016
t InternetHeader @HeaderName! : -
t NonEmptyArrayOfPropertyValues : ( Value=-+ )
t AppendToItemField : $path $item
t SetItemField : $path $item
t DeleteItemField : $path
t Attachment : AttachmentId=AttachmentId? Name=-? ContentType=-? ContentId=-? ContentLocation=-?
  AttachmentOriginalUrl=-?>2017 Size=int?>2010 LastModifiedTime=-?>2010 IsInline=bool?>2010
t AttachmentId @Id! @RootItemId @RootItemChangeKey :
t Exists : $path
t Excludes : $path Bitmask=ExcludesValue
t IsEqualTo : $path FieldURIOrConstant=FieldURIOrConstant
t IsNotEqualTo : $path FieldURIOrConstant=FieldURIOrConstant
t IsGreaterThan : $path FieldURIOrConstant=FieldURIOrConstant
t IsGreaterThanOrEqualTo : $path FieldURIOrConstant=FieldURIOrConstant
t IsLessThan : $path FieldURIOrConstant=FieldURIOrConstant
t IsLessThanOrEqualTo : $path FieldURIOrConstant=FieldURIOrConstant
t ContainsExpression @ContainmentMode={FullString|Prefixed|Substring|PrefixOnWords|ExactPhrase}
  @ContainmentComparison={Exact|IgnoreCase|IgnoreNonSpacingCharacters|Loose|IgnoreCaseAndNonSpacingCharacters|LooseAndIgnoreCase|LooseAndIgnoreNonSpace|LooseAndIgnoreCaseAndIgnoreNonSpace}
  : $path Constant=ConstantValue
t Not : $search
t And : $search+
t Or : $search+
t Near : $search+ Distance=->2017 Ordered=bool>2017
t ExcludesValue @Value! :
t FieldURIOrConstant : ( $path Constant=ConstantValue )
t ConstantValue @Value! :
uris calendar:AdjacentMeetingCount calendar:AdjacentMeetings calendar:AllowNewTimeProposal
  calendar:AppointmentReplyTime calendar:AppointmentSequenceNumber calendar:AppointmentState
  calendar:CalendarActivityData>2016 calendar:CalendarItemType calendar:ConferenceType
  calendar:ConflictingMeetingCount calendar:ConflictingMeetings calendar:DateTimeStamp calendar:DeletedOccurrences
  calendar:DoNotForwardMeeting>2017 calendar:Duration calendar:End calendar:EndTimeZone>2010
  calendar:EndTimeZoneId>2013 calendar:EndWallClock>2013 calendar:EnhancedLocation>2013 calendar:FirstOccurrence
  calendar:InboxReminders>2016 calendar:IsAllDayEvent calendar:IsCancelled calendar:IsMeeting calendar:IsOnlineMeeting
  calendar:IsOrganizer>2013 calendar:IsRecurring calendar:IsResponseRequested calendar:JoinOnlineMeetingUrl>2013
  calendar:LastOccurrence calendar:LegacyFreeBusyStatus calendar:Location calendar:MeetingRequestWasSent
  calendar:MeetingTimeZone calendar:MeetingWorkspaceUrl calendar:ModifiedOccurrences calendar:MyResponseType
  calendar:NetShowUrl calendar:OnlineMeetingSettings>2013 calendar:OptionalAttendees calendar:Organizer
  calendar:OriginalStart calendar:Recurrence calendar:RecurrenceId calendar:RequiredAttendees calendar:Resources
  calendar:Start calendar:StartTimeZone>2010 calendar:StartTimeZoneId>2013 calendar:StartWallClock>2013
  calendar:TimeZone calendar:UID calendar:When
uris folder:ArchiveTag>2013 folder:ChildFolderCount folder:DisplayName folder:DistinguishedFolderId>2013
  folder:EffectiveRights folder:FolderClass folder:FolderId folder:ManagedFolderInformation folder:ParentFolderId
  folder:PermissionSet folder:PolicyTag>2013 folder:ReplicaList>2016 folder:SearchParameters
  folder:SharingEffectiveRights>2010 folder:TotalCount folder:UnreadCount item:AppliedHashtags>2017
  item:AppliedHashtagsPreview>2017 item:ArchiveTag>2013 item:AtAllMention>2017 item:Attachments
  item:BlockStatus>2013 item:Body item:CanDelete>2017 item:Categories item:ConversationId>2010 item:Culture
  item:DateTimeCreated item:DateTimeReceived item:DateTimeSent item:DisplayBcc>2017 item:DisplayCc item:DisplayTo
  item:EffectiveRights item:EntityExtractionResult>2013 item:FirstBody>2017 item:Flag>2013 item:HasAttachments
  item:HasBlockedImages>2013 item:Hashtags>2016 item:HashtagsEx>2016 item:IconIndex>2013 item:Importance
  item:InReplyTo item:InferenceClassification>2017 item:InstanceKey>2013 item:InternetMessageHeaders
  item:IsAssociated>2010 item:IsClutter>2013 item:IsDraft item:IsFromMe item:IsResend item:IsSubmitted
  item:IsUnmodified item:ItemClass item:ItemId item:LastModifiedName item:LastModifiedTime item:Likes>2017
  item:LikesEx>2016 item:LikesPreview>2017 item:MentionedMe>2016 item:Mentions>2016 item:MentionsEx>2016
  item:MentionsPreview>2017 item:MimeContent item:MimeContentUTF8>2013 item:NormalizedBody>2013 item:ParentFolderId
  item:PendingSocialActivityTagIds>2016 item:PolicyTag>2013 item:PredictedActionReasons>2013 item:Preview>2013
  item:ReminderDueBy item:ReminderIsSet item:ReminderMinutesBeforeStart item:ReminderNextTime>2013
  item:ResponseObjects item:RetentionDate>2013 item:RightsManagementLicenseData>2013 item:Sensitivity item:Size
  item:StoreEntryId>2010_SP2 item:Subject item:TextBody>2013 item:UniqueBody>2010
  item:WebClientEditFormQueryString>2010 item:WebClientReadFormQueryString>2010 message:ApprovalRequestData>2013
  message:BccRecipients message:CcRecipients message:ConversationIndex message:ConversationTopic message:From
  message:InternetMessageId message:IsDeliveryReceiptRequested message:IsRead message:IsReadReceiptRequested
  message:IsResponseRequested message:MessageSafety>2017 message:PublishedCalendarItemIcs>2017
  message:PublishedCalendarItemName>2017 message:ReceivedBy message:ReceivedRepresenting message:References
  message:ReminderMessageData>2013 message:ReplyTo message:Sender message:ToRecipients
  message:VotingInformation>2013
)table";

} // namespace exchange_sim
