// Contacts, tasks and attachments in requests: rows as in request_grammar_table.cpp.
#include "tests/exchange_sim/request_grammar.hpp"

namespace exchange_sim {

const char request_grammar_types[] = R"table(
element CreateAttachment CreateAttachment
element GetAttachment GetAttachment
element DeleteAttachment DeleteAttachment
t ContactItem is Item : FileAs=-?
  FileAsMapping={None|LastCommaFirst|FirstSpaceLast|Company|LastCommaFirstCompany|CompanyLastFirst|LastFirst|LastFirstCompany|CompanyLastCommaFirst|LastFirstSuffix|LastSpaceFirstCompany|CompanyLastSpaceFirst|LastSpaceFirst|DisplayName|FirstName|LastFirstMiddleSuffix|LastName|Empty}?
  DisplayName=-? GivenName=-? Initials=-? MiddleName=-? Nickname=-? CompleteName=any? CompanyName=-?
  EmailAddresses=EmailAddressDictionary? AbchEmailAddresses=AbchEmailAddressDictionary?>2016
  PhysicalAddresses=PhysicalAddressDictionary? PhoneNumbers=PhoneNumberDictionary? AssistantName=-? Birthday=-?
  BusinessHomePage=-? Children=ArrayOfStrings? Companies=ArrayOfStrings? ContactSource={ActiveDirectory|Store}?
  Department=-? Generation=-? ImAddresses=ImAddressDictionary? JobTitle=-? Manager=-? Mileage=-? OfficeLocation=-?
  PostalAddressIndex={None|Home|Business|Other}? Profession=-? SpouseName=-? Surname=-? WeddingAnniversary=-?
  HasPicture=bool?>2010 PhoneticFullName=-?>2010_SP2 PhoneticFirstName=-?>2010_SP2 PhoneticLastName=-?>2010_SP2
  Alias=-?>2010_SP2 Notes=-?>2010_SP2 Photo=-?>2010_SP2 UserSMIMECertificate=ArrayOfBinary?>2010_SP2
  MSExchangeCertificate=ArrayOfBinary?>2010_SP2 DirectoryId=-?>2010_SP2 ManagerMailbox=SingleRecipient?>2010_SP2
  DirectReports=ArrayOfRecipients?>2010_SP2 AccountName=-?>2016 IsAutoUpdateDisabled=bool?>2016
  IsMessengerEnabled=bool?>2016 Comment=-?>2016 ContactShortId=int?>2016 ContactType=-?>2016 Gender=-?>2016
  IsHidden=bool?>2016 ObjectId=-?>2016 PassportId=-?>2016 IsPrivate=bool?>2016 SourceId=-?>2016 TrustLevel=int?>2016
  CreatedBy=-?>2016 Urls=ContactUrlDictionary?>2016 Cid=-?>2016 SkypeAuthCertificate=-?>2016 SkypeContext=-?>2016
  SkypeId=-?>2016 SkypeRelationship=-?>2016 YomiNickname=-?>2016 XboxLiveTag=-?>2016 InviteFree=bool?>2016
  HidePresenceAndProfile=bool?>2016 IsPendingOutbound=bool?>2016 SupportGroupFeeds=bool?>2016 UserTileHash=-?>2016
  UnifiedInbox=bool?>2016 Mris=ArrayOfStrings?>2016 Wlid=-?>2016 AbchContactId=-?>2016
  NotInBirthdayCalendar=bool?>2016 ShellContactType=-?>2016 ImMri=-?>2016 PresenceTrustLevel=int?>2016
  OtherMri=-?>2016 ProfileLastChanged=-?>2016 MobileIMEnabled=bool?>2016 PartnerNetworkProfilePhotoUrl=-?>2016
  PartnerNetworkThumbnailPhotoUrl=-?>2016 PersonId=-?>2016 ConversationGuid=-?>2016
t DistributionList is Item : DisplayName=-? FileAs=-? ContactSource={ActiveDirectory|Store}?
  Members=MembersList?>2010
t Task is Item : ActualWork=int? AssignedTime=-? BillingInformation=-? ChangeCount=int? Companies=ArrayOfStrings?
  CompleteDate=-? Contacts=ArrayOfStrings? DelegationState={NoMatch|OwnNew|Owned|Accepted|Declined|Max}?
  Delegator=-? DueDate=-? IsAssignmentEditable=int? IsComplete=bool? IsRecurring=bool? IsTeamTask=bool? Mileage=-?
  Owner=-? PercentComplete=-? Recurrence=TaskRecurrence? StartDate=-?
  Status={NotStarted|InProgress|Completed|WaitingOnOthers|Deferred}? StatusDescription=-? TotalWork=int?
t AttachmentResponseShape : IncludeMimeContent=bool? BodyType={Best|HTML|Text}? FilterHtmlContent=bool?>2010
  AdditionalProperties=NonEmptyArrayOfPathsToElement?
t EmailAddressDictionary : Entry=EmailAddressDictionaryEntry+
t AbchEmailAddressDictionary : Email=AbchEmailAddressDictionaryEntry+>2016
t PhysicalAddressDictionary : Entry=PhysicalAddressDictionaryEntry+
t PhoneNumberDictionary : Entry=PhoneNumberDictionaryEntry+
t ImAddressDictionary : Entry=ImAddressDictionaryEntry+
t ArrayOfBinary : Base64Binary=-*>2010_SP2
t ContactUrlDictionary : Url=ContactUrlDictionaryEntry+>2016
t MembersList : Member=Member*>2010
t TaskRecurrence : ( RelativeYearlyRecurrence=RelativeYearlyRecurrencePattern
  AbsoluteYearlyRecurrence=AbsoluteYearlyRecurrencePattern
  RelativeMonthlyRecurrence=RelativeMonthlyRecurrencePattern
  AbsoluteMonthlyRecurrence=AbsoluteMonthlyRecurrencePattern WeeklyRecurrence=WeeklyRecurrencePattern
  DailyRecurrence=DailyRecurrencePattern DailyRegeneration=DailyRegeneratingPattern
  WeeklyRegeneration=WeeklyRegeneratingPattern MonthlyRegeneration=MonthlyRegeneratingPattern
  YearlyRegeneration=YearlyRegeneratingPattern ) ( NoEndRecurrence=NoEndRecurrenceRange
  EndDateRecurrence=EndDateRecurrenceRange NumberedRecurrence=NumberedRecurrenceRange )
t EmailAddressDictionaryEntry @Key!={EmailAddress1|EmailAddress2|EmailAddress3} @Name>2010 @RoutingType>2010
  @MailboxType={Unknown|OneOff|Mailbox|PublicDL|PrivateDL|Contact|PublicFolder|GroupMailbox|ImplicitContact}>2010 :
  -
t AbchEmailAddressDictionaryEntry : Type={Personal|Business|Other|Passport}>2016 Address=->2016
  IsMessengerEnabled=bool?>2016 Capabilities=-?>2016
t PhysicalAddressDictionaryEntry @Key!={Home|Business|Other} : Street=-? City=-? State=-? CountryOrRegion=-?
  PostalCode=-?
t PhoneNumberDictionaryEntry
  @Key!={AssistantPhone|BusinessFax|BusinessPhone|BusinessPhone2|Callback|CarPhone|CompanyMainPhone|HomeFax|HomePhone|HomePhone2|Isdn|MobilePhone|OtherFax|OtherTelephone|Pager|PrimaryPhone|RadioPhone|Telex|TtyTddPhone|BusinessMobile|IPPhone|Mms|Msn}
  : -
t ImAddressDictionaryEntry @Key!={ImAddress1|ImAddress2|ImAddress3} : -
t ContactUrlDictionaryEntry :
  Type={Personal|Business|Attachment|EbcDisplayDefinition|EbcFinalImage|EbcLogo|Feed|Image|InternalMarker|Other}>2016
  Name=-?>2016 Address=-?>2016
t Member @Key>2010 : Mailbox=EmailAddress?>2010 Status={Unrecognized|Normal|Demoted}?>2010
t RelativeYearlyRecurrencePattern :
  DaysOfWeek={Sunday|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Day|Weekday|WeekendDay}
  DayOfWeekIndex={First|Second|Third|Fourth|Last}
  Month={January|February|March|April|May|June|July|August|September|October|November|December}
t AbsoluteYearlyRecurrencePattern : DayOfMonth=int
  Month={January|February|March|April|May|June|July|August|September|October|November|December}
t RelativeMonthlyRecurrencePattern : Interval=int
  DaysOfWeek={Sunday|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Day|Weekday|WeekendDay}
  DayOfWeekIndex={First|Second|Third|Fourth|Last}
t AbsoluteMonthlyRecurrencePattern : Interval=int DayOfMonth=int
t WeeklyRecurrencePattern : Interval=int DaysOfWeek=-
  FirstDayOfWeek={Sunday|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Day|Weekday|WeekendDay}?>2010
t DailyRecurrencePattern : Interval=int
t DailyRegeneratingPattern : Interval=int
t WeeklyRegeneratingPattern : Interval=int
t MonthlyRegeneratingPattern : Interval=int
t YearlyRegeneratingPattern : Interval=int
t NoEndRecurrenceRange : StartDate=-
t EndDateRecurrenceRange : StartDate=- EndDate=-
t NumberedRecurrenceRange : StartDate=- NumberOfOccurrences=int
m CreateAttachment : ParentItemId=ItemId Attachments=NonEmptyArrayOfAttachments
m GetAttachment : AttachmentShape=AttachmentResponseShape? AttachmentIds=NonEmptyArrayOfRequestAttachmentIds
m DeleteAttachment : AttachmentIds=NonEmptyArrayOfRequestAttachmentIds
t NonEmptyArrayOfRequestAttachmentIds : ( AttachmentId=RequestAttachmentId )+
t RequestAttachmentId @Id! :
uris distributionlist:Members>2010
  contacts:AbchContactId>2016 contacts:AbchEmailAddresses>2016 contacts:AccountName>2016 contacts:Alias>2010_SP2
  contacts:AssistantName contacts:Birthday contacts:BusinessHomePage contacts:Children contacts:Cid>2016
  contacts:Comment>2016 contacts:Companies contacts:CompanyName contacts:CompleteName contacts:ContactShortId>2016
  contacts:ContactSource contacts:ContactType>2016 contacts:ConversationGuid>2016 contacts:CreatedBy>2016
  contacts:Culture contacts:Department contacts:DirectReports>2010_SP2 contacts:DirectoryId>2010_SP2
  contacts:DisplayName contacts:EmailAddresses contacts:FileAs contacts:FileAsMapping contacts:Gender>2016
  contacts:Generation contacts:GivenName contacts:HasPicture>2010 contacts:HidePresenceAndProfile>2016
  contacts:ImAddresses contacts:ImMri>2016 contacts:Initials contacts:InviteFree>2016
  contacts:IsAutoUpdateDisabled>2016 contacts:IsHidden>2016 contacts:IsMessengerEnabled>2016
  contacts:IsPendingOutbound>2016 contacts:IsPrivate>2016 contacts:JobTitle contacts:MSExchangeCertificate>2010_SP2
  contacts:Manager contacts:ManagerMailbox>2010_SP2 contacts:MiddleName contacts:Mileage
  contacts:MobileIMEnabled>2016 contacts:Mris>2016 contacts:Nickname contacts:NotInBirthdayCalendar>2016
  contacts:Notes>2010_SP2 contacts:ObjectId>2016 contacts:OfficeLocation contacts:OtherMri>2016
  contacts:PartnerNetworkProfilePhotoUrl>2016 contacts:PartnerNetworkThumbnailPhotoUrl>2016 contacts:PassportId>2016
  contacts:PersonId>2016 contacts:PhoneNumbers contacts:PhoneticFirstName>2010_SP2
  contacts:PhoneticFullName>2010_SP2 contacts:PhoneticLastName>2010_SP2 contacts:Photo>2010_SP2
  contacts:PhysicalAddresses contacts:PostalAddressIndex contacts:PresenceTrustLevel>2016 contacts:Profession
  contacts:ProfileLastChanged>2016 contacts:ShellContactType>2016 contacts:SkypeAuthCertificate>2016
  contacts:SkypeContext>2016 contacts:SkypeId>2016 contacts:SkypeRelationship>2016 contacts:SourceId>2016
  contacts:SpouseName contacts:SupportGroupFeeds>2016 contacts:Surname contacts:TrustLevel>2016
  contacts:UnifiedInbox>2016 contacts:Urls>2016 contacts:UserSMIMECertificate>2010_SP2 contacts:UserTileHash>2016
  contacts:WeddingAnniversary contacts:Wlid>2016 contacts:XboxLiveTag>2016 contacts:YomiNickname>2016
  meeting:AssociatedCalendarItemId meeting:DoNotForwardMeeting>2017 meeting:HasBeenProcessed meeting:IsDelegated
  meeting:IsOutOfDate meeting:ProposedEnd>2013 meeting:ProposedStart>2013 meeting:ResponseType
  meetingRequest:ChangeHighlights>2013 meetingRequest:IntendedFreeBusyStatus meetingRequest:MeetingRequestType
  postitem:PostedTime task:ActualWork task:AssignedTime task:BillingInformation task:ChangeCount task:Companies
  task:CompleteDate task:Contacts task:DelegationState task:Delegator task:DueDate task:IsAssignmentEditable
  task:IsComplete task:IsRecurring task:IsTeamTask task:Mileage task:Owner task:PercentComplete task:Recurrence
  task:StartDate task:Status task:StatusDescription task:TotalWork
)table";

} // namespace exchange_sim
